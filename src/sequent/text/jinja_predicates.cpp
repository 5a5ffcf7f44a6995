#include "sequent/text/jinja_predicates.h"

#include <fmt/format.h>

#include <algorithm>

#include "sequent/text/jinja_operators.h"

namespace sequent::jinja {
namespace {

template <bool (*predicate)(const Value&)>
bool plain_test(Context&, const Value& value, const Arguments& arguments) {
  const Bound bound("this test", arguments, {});
  return predicate(value);
}

template <Comparer compare>
bool comparison(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("this test", arguments, {"other"}, 1);
  return compare(context, value, bound.at(0));
}

bool is_defined(const Value& value) {
  return !value.is_undefined();
}
bool is_undefined(const Value& value) {
  return value.is_undefined();
}
bool is_none(const Value& value) {
  return value.is_none();
}
bool is_string(const Value& value) {
  return value.text() != nullptr;
}
bool is_mapping(const Value& value) {
  return value.mapping() != nullptr;
}
bool is_boolean(const Value& value) {
  return value.as<bool>() != nullptr;
}
bool is_true(const Value& value) {
  return is_boolean(value) && *value.as<bool>();
}
bool is_false(const Value& value) {
  return is_boolean(value) && !*value.as<bool>();
}
bool is_integer(const Value& value) {
  return value.as<std::int64_t>() != nullptr;
}
bool is_float(const Value& value) {
  return value.as<double>() != nullptr;
}
// Truth values are numbers in Python.
bool is_number(const Value& value) {
  return is_integer(value) || is_float(value) || is_boolean(value);
}
// What has a length and items by place or key. An undefined value has no items, but it has them in this sense.
bool is_sequence(const Value& value) {
  const Sequence* sequence = value.sequence();
  const bool by_place = sequence && sequence->kind != SequenceKind::generator && sequence->kind != SequenceKind::view;
  return by_place || value.text() || value.mapping() || value.is_undefined();
}
bool is_iterable(const Value& value) {
  return value.sequence() || value.text() || value.mapping() || value.is_undefined() || value.loop();
}
bool is_callable(const Value& value) {
  return value.function() != nullptr;
}

bool is_divisible(Context& context, const Value& a, const Value& b) {
  return equal(context, modulo(context, a, b), {std::int64_t{0}});
}
template <std::int64_t rest>
bool has_parity(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("this test", arguments, {});
  return equal(context, modulo(context, value, {std::int64_t{2}}), {rest});
}

constexpr Predicate kPredicates[] = {{"boolean", plain_test<is_boolean>},
                                     {"callable", plain_test<is_callable>},
                                     {"defined", plain_test<is_defined>},
                                     {"divisibleby", comparison<is_divisible>},
                                     {"eq", comparison<equal>},
                                     {"equalto", comparison<equal>},
                                     {"==", comparison<equal>},
                                     {"even", has_parity<0>},
                                     {"false", plain_test<is_false>},
                                     {"float", plain_test<is_float>},
                                     {"ge", comparison<greater_or_equal>},
                                     {">=", comparison<greater_or_equal>},
                                     {"gt", comparison<greater>},
                                     {"greaterthan", comparison<greater>},
                                     {">", comparison<greater>},
                                     {"in", comparison<is_in>},
                                     {"integer", plain_test<is_integer>},
                                     {"iterable", plain_test<is_iterable>},
                                     {"le", comparison<less_or_equal>},
                                     {"<=", comparison<less_or_equal>},
                                     {"lt", comparison<less>},
                                     {"lessthan", comparison<less>},
                                     {"<", comparison<less>},
                                     {"mapping", plain_test<is_mapping>},
                                     {"ne", comparison<not_equal>},
                                     {"!=", comparison<not_equal>},
                                     {"none", plain_test<is_none>},
                                     {"number", plain_test<is_number>},
                                     {"odd", has_parity<1>},
                                     {"sequence", plain_test<is_sequence>},
                                     {"string", plain_test<is_string>},
                                     {"true", plain_test<is_true>},
                                     {"undefined", plain_test<is_undefined>}};

}  // namespace

const Predicate* find_predicate(std::string_view name) {
  const auto found = std::find_if(std::begin(kPredicates), std::end(kPredicates),
                                  [&](const Predicate& predicate) { return predicate.name == name; });
  return found == std::end(kPredicates) ? nullptr : found;
}

std::string predicate_names() {
  std::string names;
  for (const Predicate& predicate : kPredicates) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", predicate.name);
  }
  return names;
}

}  // namespace sequent::jinja
