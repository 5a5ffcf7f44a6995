#include "sequent/text/jinja_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "sequent/base/error.h"

namespace sequent::jinja {
namespace {

std::optional<double> real(const Value& value) {
  std::int64_t storage;
  if (const std::int64_t* whole = integer(value, storage)) return static_cast<double>(*whole);
  if (const auto* number = value.as<double>()) return *number;
  return {};
}

[[noreturn]] void refuse_operands(std::string_view operation, const Value& a, const Value& b) {
  for (const Value* value : {&a, &b}) {
    if (value->is_undefined()) refuse_operand(operation, *value);
  }
  fail("'{}' is not possible between a {} and a {}", operation, type_name(a), type_name(b));
}

// An operation on two numbers: on whole ones if both are, else on real ones.
template <class Whole, class Real>
Value arithmetic(std::string_view operation, const Value& a, const Value& b, Whole on_whole, Real on_real) {
  std::int64_t storage_a, storage_b;
  const std::int64_t* whole_a = integer(a, storage_a);
  const std::int64_t* whole_b = integer(b, storage_b);
  if (whole_a && whole_b) {
    std::int64_t result = 0;
    check(on_whole(*whole_a, *whole_b, result), "{} {} {} is beyond 64 bits", *whole_a, operation, *whole_b);
    return {result};
  }
  const std::optional<double> real_a = real(a), real_b = real(b);
  if (!real_a || !real_b) refuse_operands(operation, a, b);
  return {on_real(*real_a, *real_b)};
}

void check_divisor(std::string_view operation, const Value& b) {
  check(real(b) != 0.0, "'{}': division by zero", operation);
}

double real_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// What `count` pieces of this size take, all of which is asked for before any is made.
void allocate_pieces(Context& context, std::int64_t count, std::size_t size) {
  std::int64_t bytes = 0;
  const bool fits = !__builtin_mul_overflow(count, static_cast<std::int64_t>(size), &bytes);
  context.allocate(fits ? bytes : std::numeric_limits<std::int64_t>::max());
}

// text * n, or list * n.
std::optional<Value> repeat(Context& context, const Value& value, const Value& times) {
  std::int64_t storage;
  const std::int64_t* whole = integer(times, storage);
  if (!whole) return {};
  const std::int64_t count = std::max<std::int64_t>(*whole, 0);
  if (const std::string* text = value.text()) {
    allocate_pieces(context, text->empty() ? 0 : count, text->size());
    std::string repeated;
    for (std::int64_t i = 0; i < count && !text->empty(); ++i) repeated += *text;
    return Value{std::make_shared<const std::string>(std::move(repeated))};
  }
  const Sequence* sequence = value.sequence();
  if (!sequence || (sequence->kind != SequenceKind::list && sequence->kind != SequenceKind::tuple)) return {};
  std::vector<Value> items;
  allocate_pieces(context, sequence->items.empty() ? 0 : count, sequence->items.size() * sizeof(Value));
  for (std::int64_t i = 0; i < count && !sequence->items.empty(); ++i) {
    items.insert(items.end(), sequence->items.begin(), sequence->items.end());
  }
  return context.list(std::move(items), sequence->kind);
}

bool equal_sequences(Context& context, const Sequence& a, const Sequence& b) {
  if (&a == &b) return true;
  const bool by_items = a.kind == SequenceKind::list || a.kind == SequenceKind::tuple || a.kind == SequenceKind::range;
  return by_items && a.kind == b.kind &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                    [&](const Value& x, const Value& y) { return equal(context, x, y); });
}

bool equal_mappings(Context& context, const Mapping& a, const Mapping& b) {
  return &a == &b || (a.entries.size() == b.entries.size() &&
                      std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
                        const Value* other = find(context, b, *entry.first);
                        return other && equal(context, entry.second, *other);
                      }));
}

}  // namespace

void refuse_operand(std::string_view operation, const Value& value) {
  if (const auto* missing = value.as<Undefined>()) fail("{}", *missing->why);
  fail("{}: not possible for a {}", operation, type_name(value));
}

const std::int64_t* integer(const Value& value, std::int64_t& storage) {
  if (const auto* boolean = value.as<bool>()) {
    storage = *boolean;
    return &storage;
  }
  return value.as<std::int64_t>();
}

Value add(Context& context, const Value& a, const Value& b) {
  if (a.text() && b.text()) {
    TextBuilder out(context);
    out.append(*a.text());
    out.append(*b.text());
    return out.value();
  }
  const Sequence *left = a.sequence(), *right = b.sequence();
  if (left && right && left->kind == right->kind &&
      (left->kind == SequenceKind::list || left->kind == SequenceKind::tuple)) {
    context.spend(static_cast<std::int64_t>(left->items.size() + right->items.size()));
    std::vector<Value> items = left->items;
    items.insert(items.end(), right->items.begin(), right->items.end());
    return context.list(std::move(items), left->kind);
  }
  return arithmetic(
      "+", a, b, [](std::int64_t x, std::int64_t y, std::int64_t& z) { return !__builtin_add_overflow(x, y, &z); },
      [](double x, double y) { return x + y; });
}

Value subtract(Context&, const Value& a, const Value& b) {
  return arithmetic(
      "-", a, b, [](std::int64_t x, std::int64_t y, std::int64_t& z) { return !__builtin_sub_overflow(x, y, &z); },
      [](double x, double y) { return x - y; });
}

Value multiply(Context& context, const Value& a, const Value& b) {
  if (auto repeated = repeat(context, a, b)) return *repeated;
  if (auto repeated = repeat(context, b, a)) return *repeated;
  return arithmetic(
      "*", a, b, [](std::int64_t x, std::int64_t y, std::int64_t& z) { return !__builtin_mul_overflow(x, y, &z); },
      [](double x, double y) { return x * y; });
}

Value divide(Context&, const Value& a, const Value& b) {
  const std::optional<double> x = real(a), y = real(b);
  if (!x || !y) refuse_operands("/", a, b);
  check_divisor("/", b);
  return {*x / *y};
}

Value floor_divide(Context&, const Value& a, const Value& b) {
  check_divisor("//", b);
  return arithmetic(
      "//", a, b,
      [](std::int64_t x, std::int64_t y, std::int64_t& z) {
        if (y == -1) return !__builtin_sub_overflow(0, x, &z);
        z = x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
        return true;
      },
      [](double x, double y) { return std::floor(x / y); });
}

Value modulo(Context&, const Value& a, const Value& b) {
  check(!a.text(), "formatting a string with '%' is not supported");
  check_divisor("%", b);
  return arithmetic(
      "%", a, b,
      [](std::int64_t x, std::int64_t y, std::int64_t& z) {
        z = y == -1 ? 0 : x % y;
        if (z != 0 && (z < 0) != (y < 0)) z += y;
        return true;
      },
      real_modulo);
}

Value negate(const Value& value) {
  std::int64_t storage;
  if (const std::int64_t* whole = integer(value, storage)) {
    check(*whole != INT64_MIN, "-({}) is beyond 64 bits", *whole);
    return {-*whole};
  }
  if (const auto* number = value.as<double>()) return {-*number};
  refuse_operand("-", value);
}

bool equal(Context& context, const Value& a, const Value& b) {
  context.spend(1);
  if (const std::string* x = a.text(), *y = b.text(); x && y) {
    if (x->size() != y->size()) return false;
    context.scan(x->size());
    return *x == *y;
  }
  std::int64_t storage_a, storage_b;
  const std::int64_t* whole_a = integer(a, storage_a);
  const std::int64_t* whole_b = integer(b, storage_b);
  if (whole_a && whole_b) return *whole_a == *whole_b;
  if (const auto x = real(a), y = real(b); x && y) return *x == *y;
  if (a.sequence() && b.sequence()) return equal_sequences(context, *a.sequence(), *b.sequence());
  if (a.mapping() && b.mapping()) return equal_mappings(context, *a.mapping(), *b.mapping());
  if (const auto* x = a.as<Namespace*>(), *y = b.as<Namespace*>(); x && y) return *x == *y;
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined()) ||
         (a.function() && a.function() == b.function()) || (a.loop() && a.loop() == b.loop());
}

bool less(Context& context, const Value& a, const Value& b) {
  if (const std::string* x = a.text(), *y = b.text(); x && y) {
    context.scan(std::min(x->size(), y->size()));
    return *x < *y;
  }
  std::int64_t storage_a, storage_b;
  const std::int64_t* whole_a = integer(a, storage_a);
  const std::int64_t* whole_b = integer(b, storage_b);
  if (whole_a && whole_b) return *whole_a < *whole_b;
  const std::optional<double> x = real(a), y = real(b);
  if (!x || !y) refuse_operands("<", a, b);
  return *x < *y;
}

bool not_equal(Context& context, const Value& a, const Value& b) {
  return !equal(context, a, b);
}

bool less_or_equal(Context& context, const Value& a, const Value& b) {
  return less(context, a, b) || equal(context, a, b);
}

bool greater(Context& context, const Value& a, const Value& b) {
  return less(context, b, a);
}

bool greater_or_equal(Context& context, const Value& a, const Value& b) {
  return less(context, b, a) || equal(context, a, b);
}

bool is_not_in(Context& context, const Value& item, const Value& container) {
  return !is_in(context, item, container);
}

bool is_in(Context& context, const Value& item, const Value& container) {
  if (container.is_undefined()) return false;
  if (const std::string* text = container.text()) {
    const std::string* part = item.text();
    if (!part) refuse_operand("in a string", item);
    context.search(*text, *part);
    return text->find(*part) != std::string::npos;
  }
  if (const Mapping* mapping = container.mapping()) return item.text() && find(context, *mapping, *item.text());
  const Sequence* sequence = container.sequence();
  if (!sequence) refuse_operand("in", container);
  const auto found = std::find_if(sequence->items.begin() + static_cast<std::ptrdiff_t>(sequence->taken),
                                  sequence->items.end(), [&](const Value& each) { return equal(context, each, item); });
  if (sequence->kind == SequenceKind::generator) {
    const auto taken = static_cast<std::size_t>(found - sequence->items.begin());
    sequence->taken = std::min(taken + 1, sequence->items.size());
  }
  return found != sequence->items.end();
}

}  // namespace sequent::jinja
