// The methods of strings and mappings.
#pragma once

#include <optional>

#include "sequent/text/jinja_arguments.h"

namespace sequent::jinja {

/// The method of this value, as a function; nothing if Python has none of this name. One that Python has but that is
/// outside the subset is an Error that names it.
std::optional<Value> find_method(Context& context, const Value& value, std::string_view name);

/// text.replace(old, by, count); a negative count is no limit.
Value replace(Context& context, std::string_view text, std::string_view old, std::string_view by, std::int64_t count);

/// The pairs of a mapping, as tuples.
std::vector<Value> pairs(Context& context, const Mapping& mapping);

}  // namespace sequent::jinja
