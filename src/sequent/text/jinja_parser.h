// A template's source as a tree of statements.
#pragma once

#include <string_view>

#include "sequent/text/jinja_tree.h"

namespace sequent::jinja {

/// What is outside the subset, too large or nested too deep is an Error that names it and its line, behind `name`.
Body parse_template(std::string_view source, std::string_view name);

}  // namespace sequent::jinja
