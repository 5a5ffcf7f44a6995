#include "sequent/text/jinja_value.h"

#include <array>

namespace sequent::jinja {
namespace {

template <class T>
const T* pointed_to(const Value& value) {
  const auto* pointer = value.as<std::shared_ptr<const T>>();
  return pointer ? pointer->get() : nullptr;
}

}  // namespace

const std::string* Value::text() const {
  return pointed_to<std::string>(*this);
}

const Sequence* Value::sequence() const {
  return pointed_to<Sequence>(*this);
}

const Mapping* Value::mapping() const {
  return pointed_to<Mapping>(*this);
}

const Loop* Value::loop() const {
  return pointed_to<Loop>(*this);
}

const Function* Value::function() const {
  return pointed_to<Function>(*this);
}

Value undefined(std::string why) {
  return {Undefined{std::make_shared<const std::string>(std::move(why))}};
}

int depth_of(const Value& value) {
  if (const Sequence* sequence = value.sequence()) return sequence->depth;
  if (const Mapping* mapping = value.mapping()) return mapping->depth;
  if (const Loop* loop = value.loop()) return 1 + loop->items->depth;
  if (const Function* function = value.function()) return function->depth;
  return 0;
}

std::string_view type_name(const Value& value) {
  // In the order of the alternatives.
  static constexpr std::array kNames = {"undefined value", "none",      "boolean", "integer", "float", "string", "list",
                                        "mapping",         "namespace", "loop",    "function"};
  static_assert(kNames.size() == std::variant_size_v<decltype(Value::data)>);
  static constexpr std::array kSequences = {"list", "tuple", "range", "view of a mapping", "generator"};
  if (const Sequence* sequence = value.sequence()) return kSequences[static_cast<std::size_t>(sequence->kind)];
  return kNames[value.data.index()];
}

bool truthy(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (const auto* boolean = value.as<bool>()) return *boolean;
  if (const auto* integer = value.as<std::int64_t>()) return *integer != 0;
  if (const auto* number = value.as<double>()) return *number != 0;
  if (const std::string* text = value.text()) return !text->empty();
  if (const Sequence* sequence = value.sequence()) {
    return sequence->kind == SequenceKind::generator || !sequence->items.empty();
  }
  if (const Mapping* mapping = value.mapping()) return !mapping->entries.empty();
  return true;
}

}  // namespace sequent::jinja
