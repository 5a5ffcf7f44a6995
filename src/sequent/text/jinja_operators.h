// The operators of expressions, with the meaning they have in Python. Whole numbers have 64 bits: going beyond is an
// Error, and so is every operation that Python refuses for its operands.
#pragma once

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {

using Comparer = bool (*)(Context&, const Value&, const Value&);
using BinaryOperator = Value (*)(Context&, const Value&, const Value&);

Value add(Context& context, const Value& a, const Value& b);
Value subtract(Context& context, const Value& a, const Value& b);
Value multiply(Context& context, const Value& a, const Value& b);
Value divide(Context& context, const Value& a, const Value& b);
Value floor_divide(Context& context, const Value& a, const Value& b);
/// The remainder, which has the sign of b. Formatting of strings is not supported.
Value modulo(Context& context, const Value& a, const Value& b);
Value negate(const Value& value);

bool equal(Context& context, const Value& a, const Value& b);
bool not_equal(Context& context, const Value& a, const Value& b);
bool less(Context& context, const Value& a, const Value& b);
bool less_or_equal(Context& context, const Value& a, const Value& b);
bool greater(Context& context, const Value& a, const Value& b);
bool greater_or_equal(Context& context, const Value& a, const Value& b);
/// item in container
bool is_in(Context& context, const Value& item, const Value& container);
bool is_not_in(Context& context, const Value& item, const Value& container);

/// Refuses an undefined value with its sentence, and any other as an operand of `operation`.
[[noreturn]] void refuse_operand(std::string_view operation, const Value& value);
/// The whole number that a value is, truth values included.
const std::int64_t* integer(const Value& value, std::int64_t& storage);

}  // namespace sequent::jinja
