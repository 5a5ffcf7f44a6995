// The functions that templates find: range, namespace, dict, raise_exception, strftime_now.
#pragma once

#include <ctime>

#include "sequent/text/jinja_arguments.h"

namespace sequent::jinja {

/// Their names and values. strftime_now() shows the moment `now` in local time.
std::vector<std::pair<std::string, Value>> functions(Context& context, std::time_t now);

}  // namespace sequent::jinja
