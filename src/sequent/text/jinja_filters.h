// The filters of templates: value|name(arguments).
#pragma once

#include "sequent/text/jinja_arguments.h"

namespace sequent::jinja {

struct Filter {
  std::string_view name;
  Value (*apply)(Context&, const Value&, const Arguments&);
};

/// Null if there is none of this name.
const Filter* find_filter(std::string_view name);
/// "capitalize, count, ...": for error messages.
std::string filter_names();

}  // namespace sequent::jinja
