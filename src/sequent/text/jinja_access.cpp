#include "sequent/text/jinja_access.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_methods.h"
#include "sequent/text/jinja_operators.h"
#include "sequent/text/jinja_strings.h"

namespace sequent::jinja {
namespace {

struct LoopAttribute {
  std::string_view name;
  Value (*get)(const Loop& loop, std::int64_t length);
};

Value neighbour(const Loop& loop, std::int64_t index, const char* why) {
  const auto& items = loop.items->items;
  if (index < 0 || index >= static_cast<std::int64_t>(items.size())) return undefined(why);
  return items[static_cast<std::size_t>(index)];
}

constexpr LoopAttribute kLoopAttributes[] = {
    {"index", [](const Loop& loop, std::int64_t) -> Value { return {loop.index0 + 1}; }},
    {"index0", [](const Loop& loop, std::int64_t) -> Value { return {loop.index0}; }},
    {"first", [](const Loop& loop, std::int64_t) -> Value { return {loop.index0 == 0}; }},
    {"last", [](const Loop& loop, std::int64_t length) -> Value { return {loop.index0 + 1 == length}; }},
    {"length", [](const Loop&, std::int64_t length) -> Value { return {length}; }},
    {"revindex", [](const Loop& loop, std::int64_t length) -> Value { return {length - loop.index0}; }},
    {"revindex0", [](const Loop& loop, std::int64_t length) -> Value { return {length - loop.index0 - 1}; }},
    {"previtem",
     [](const Loop& loop, std::int64_t) { return neighbour(loop, loop.index0 - 1, "there is no previous item"); }},
    {"nextitem",
     [](const Loop& loop, std::int64_t) { return neighbour(loop, loop.index0 + 1, "there is no next item"); }},
    {"depth", [](const Loop&, std::int64_t) -> Value { return {std::int64_t{1}}; }},
    {"depth0", [](const Loop&, std::int64_t) -> Value { return {std::int64_t{0}}; }},
};

Value loop_attribute(const Loop& loop, const std::string& name) {
  for (const LoopAttribute& each : kLoopAttributes) {
    if (each.name == name) return each.get(loop, static_cast<std::int64_t>(loop.items->items.size()));
  }
  fail("loop.{} is not supported", name);
}

Value no_attribute(const Value& value, const std::string& name) {
  if (value.is_none()) return undefined(fmt::format("none has no attribute '{}'", name));
  return undefined(fmt::format("a {} has no attribute '{}'", type_name(value), name));
}

// The item or entry itself, if there is one.
std::optional<Value> entry(Context& context, const Value& value, const Value& index) {
  if (const Mapping* mapping = value.mapping()) {
    const Value* found = index.text() ? find(context, *mapping, *index.text()) : nullptr;
    if (found) return *found;
    return {};
  }
  std::int64_t storage;
  const std::int64_t* position = integer(index, storage);
  if (!position) return {};
  const auto place = [&](std::int64_t length) { return *position < 0 ? *position + length : *position; };
  if (const std::string* text = value.text()) {
    context.scan(text->size());
    const std::int64_t length = character_count(*text);
    const std::int64_t at = place(length);
    if (at < 0 || at >= length) return {};
    const std::string_view rest = std::string_view(*text).substr(character_start(*text, at));
    return context.text(rest.substr(0, character_start(rest, 1)));
  }
  const Sequence* sequence = value.sequence();
  if (!sequence || sequence->kind == SequenceKind::generator || sequence->kind == SequenceKind::view) return {};
  const std::int64_t at = place(static_cast<std::int64_t>(sequence->items.size()));
  if (at < 0 || at >= static_cast<std::int64_t>(sequence->items.size())) return {};
  return sequence->items[static_cast<std::size_t>(at)];
}

// The positions that a slice takes, in order.
struct Range {
  std::int64_t begin, end, step;
};

std::optional<std::int64_t> bound(const Value& value) {
  if (value.is_none()) return {};
  std::int64_t storage;
  const std::int64_t* whole = integer(value, storage);
  if (!whole) refuse_operand("slice", value);
  return *whole;
}

Range range_of(const Value& begin, const Value& end, const Value& step, std::int64_t length) {
  const std::int64_t stride = bound(step).value_or(1);
  check(stride != 0, "slice: the step must not be 0");
  const std::int64_t lowest = stride > 0 ? 0 : -1;
  const std::int64_t highest = stride > 0 ? length : length - 1;
  const auto clamp = [&](const Value& value, std::int64_t otherwise) {
    const std::optional<std::int64_t> given = bound(value);
    if (!given) return otherwise;
    return std::clamp(*given < 0 ? *given + length : *given, lowest, highest);
  };
  // A stride beyond the length is as good as one of the length, and cannot overflow.
  return {clamp(begin, stride > 0 ? lowest : highest), clamp(end, stride > 0 ? highest : lowest),
          std::clamp(stride, -length - 1, length + 1)};
}

template <class Use>
void for_each_position(const Range& range, Use use) {
  for (std::int64_t i = range.begin; range.step > 0 ? i < range.end : i > range.end; i += range.step) {
    use(static_cast<std::size_t>(i));
  }
}

Value slice_text(Context& context, std::string_view text, const Range& range) {
  context.scan(text.size());
  if (range.step == 1) {
    if (range.begin >= range.end) return context.text(std::string());
    const std::string_view rest = text.substr(character_start(text, range.begin));
    return context.text(rest.substr(0, character_start(rest, range.end - range.begin)));
  }
  context.allocate(static_cast<std::int64_t>(sizeof(std::size_t) * text.size()));
  const std::vector<std::size_t> starts = character_starts(text);
  TextBuilder out(context);
  for_each_position(range, [&](std::size_t i) { out.append(text.substr(starts[i], starts[i + 1] - starts[i])); });
  return out.value();
}

}  // namespace

Value attribute(Context& context, const Value& value, const std::string& name) {
  if (const auto* missing = value.as<Undefined>()) fail("{}", *missing->why);
  if (auto method = find_method(context, value, name)) return *method;
  if (const Mapping* mapping = value.mapping()) {
    const Value* found = find(context, *mapping, name);
    return found ? *found : no_attribute(value, name);
  }
  if (const auto* object = value.as<Namespace*>()) {
    for (const auto& [key, attribute] : (*object)->attributes) {
      if (key == name) return attribute;
    }
    return no_attribute(value, name);
  }
  if (const Loop* loop = value.loop()) return loop_attribute(*loop, name);
  return no_attribute(value, name);
}

Value subscript(Context& context, const Value& value, const Value& index) {
  if (const auto* missing = value.as<Undefined>()) fail("{}", *missing->why);
  if (auto found = entry(context, value, index)) return *found;
  if (const std::string* name = index.text()) return attribute(context, value, *name);
  return undefined(fmt::format("a {} has no such item", type_name(value)));
}

Value slice(Context& context, const Value& value, const Value& begin, const Value& end, const Value& step) {
  if (const auto* missing = value.as<Undefined>()) fail("{}", *missing->why);
  if (const std::string* text = value.text()) {
    return slice_text(context, *text, range_of(begin, end, step, character_count(*text)));
  }
  const Sequence* sequence = value.sequence();
  if (!sequence || sequence->kind == SequenceKind::generator || sequence->kind == SequenceKind::view) {
    refuse_operand("a slice", value);
  }
  std::vector<Value> items;
  for_each_position(range_of(begin, end, step, static_cast<std::int64_t>(sequence->items.size())), [&](std::size_t i) {
    context.spend(1);
    items.push_back(sequence->items[i]);
  });
  return context.list(std::move(items), sequence->kind);
}

std::vector<Value> items_of(Context& context, const Value& value) {
  if (value.is_undefined()) return {};
  if (const Sequence* sequence = value.sequence()) {
    const std::size_t taken = sequence->taken;
    if (sequence->kind == SequenceKind::generator) sequence->taken = sequence->items.size();
    context.allocate(static_cast<std::int64_t>((sequence->items.size() - taken) * sizeof(Value)));
    return {sequence->items.begin() + static_cast<std::ptrdiff_t>(taken), sequence->items.end()};
  }
  std::vector<Value> items;
  const auto add = [&](Value item) {
    context.spend(1);
    context.allocate(sizeof(Value));
    items.push_back(std::move(item));
  };
  if (const Mapping* mapping = value.mapping()) {
    for (const auto& [key, entry] : mapping->entries) add({key});
    return items;
  }
  if (const std::string* text = value.text()) {
    for (std::size_t at = 0; at < text->size();) {
      std::size_t end = at + 1;
      while (end < text->size() && (static_cast<unsigned char>((*text)[end]) & 0xC0) == 0x80) ++end;
      add(context.text(text->substr(at, end - at)));
      at = end;
    }
    return items;
  }
  refuse_operand("a loop over the items", value);
}

std::int64_t length_of(Context& context, const Value& value) {
  if (value.is_undefined()) return 0;
  if (const std::string* text = value.text()) {
    context.scan(text->size());
    return character_count(*text);
  }
  if (const Mapping* mapping = value.mapping()) return static_cast<std::int64_t>(mapping->entries.size());
  const Sequence* sequence = value.sequence();
  if (!sequence || sequence->kind == SequenceKind::generator) refuse_operand("length", value);
  return static_cast<std::int64_t>(sequence->items.size());
}

}  // namespace sequent::jinja
