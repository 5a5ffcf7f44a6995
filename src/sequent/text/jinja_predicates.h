// The tests of templates: value is name(arguments).
#pragma once

#include "sequent/text/jinja_arguments.h"

namespace sequent::jinja {

struct Predicate {
  std::string_view name;
  bool (*holds)(Context&, const Value&, const Arguments&);
};

/// Null if there is none of this name.
const Predicate* find_predicate(std::string_view name);
/// "boolean, defined, ...": for error messages.
std::string predicate_names();

}  // namespace sequent::jinja
