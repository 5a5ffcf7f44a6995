// What is inside a value: items, attributes, slices, methods.
#pragma once

#include <optional>
#include <span>

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {

/// value.name: a method of a string or mapping, else the entry of a mapping, else the attribute of a namespace or loop.
/// Anything else is undefined.
Value attribute(Context& context, const Value& value, const std::string& name);
/// value[index]: an entry or item, counted from the end if negative; else attribute(); else undefined.
Value subscript(Context& context, const Value& value, const Value& index);
/// value[begin:end:step], of strings and sequences. A bound that is None is left out.
Value slice(Context& context, const Value& value, const Value& begin, const Value& end, const Value& step);

/// The items that a loop runs over: of a sequence, the keys of a mapping, the characters of a string, none of an
/// undefined value. Takes those of a generator. Anything else is an Error.
std::vector<Value> items_of(Context& context, const Value& value);
/// len(value)
std::int64_t length_of(Context& context, const Value& value);

}  // namespace sequent::jinja
