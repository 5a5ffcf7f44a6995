#include "sequent/text/jinja_filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "sequent/base/error.h"
#include "sequent/base/parse_number.h"
#include "sequent/text/jinja_access.h"
#include "sequent/text/jinja_methods.h"
#include "sequent/text/jinja_operators.h"
#include "sequent/text/jinja_predicates.h"
#include "sequent/text/jinja_strings.h"
#include "sequent/text/jinja_writer.h"

namespace sequent::jinja {
namespace {

template <std::string (*map)(std::string_view)>
Value text_filter(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("this filter", arguments, {});
  const std::string text = plain(context, value);
  context.scan(text.size());
  return context.text(map(text));
}

Value to_string(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("string", arguments, {});
  return value.text() ? value : context.text(plain(context, value));
}

Value trim(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("trim", arguments, {"chars"});
  const std::string text = plain(context, value);
  context.scan(text.size());
  if (bound.find(0) == nullptr || bound.at(0).is_none()) return context.text(strip_space(text));
  context.scan(bound.text(0).size());
  return context.text(strip(text, bound.text(0), true, true));
}

Value replace_filter(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  const bool all = bound.find(2) == nullptr || bound.at(2).is_none();
  return replace(context, plain(context, value), plain(context, bound.at(0)), plain(context, bound.at(1)),
                 all ? -1 : bound.integer(2, -1));
}

Value indent(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("indent", arguments, {"width", "first", "blank"});
  if (!value.text()) refuse_operand("indent", value);
  const Value* width = bound.find(0);
  const std::int64_t spaces = width && width->text() ? 0 : std::max<std::int64_t>(bound.integer(0, 4), 0);
  context.allocate(spaces);
  const std::string indentation =
      width && width->text() ? *width->text() : std::string(static_cast<std::size_t>(spaces), ' ');
  // The newline at the end keeps a last line that is empty.
  const std::string text = *value.text() + "\n";
  context.allocate(static_cast<std::int64_t>(text.size() * (1 + sizeof(std::string_view))));
  context.scan(text.size());
  TextBuilder out(context);
  bool first = true;
  for (const std::string_view line : split_lines(text)) {
    if (!first) out.append("\n");
    if (first ? bound.flag(1) : bound.flag(2) || !line.empty()) out.append(indentation);
    out.append(line);
    first = false;
  }
  return out.value();
}

Value to_json(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = bound.flag(0);
  style.sort_keys = bound.flag(3);
  if (const Value* width = bound.find(1); width && !width->is_none()) {
    style.item_separator.resize(1);  // the line ends behind the comma
    if (const std::string* text = width->text()) {
      style.indent = *text;
    } else {
      const std::int64_t spaces = bound.integer(1, 0);
      check(spaces <= 64, "tojson: the indent must be at most 64, got {}", spaces);
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(spaces, 0)), ' ');
    }
  }
  if (const Value* pair = bound.find(2); pair && !pair->is_none()) {
    const Sequence* both = pair->sequence();
    check(both && both->items.size() == 2 && both->items[0].text() && both->items[1].text(),
          "tojson: separators must be two strings");
    style.item_separator = *both->items[0].text();
    style.key_separator = *both->items[1].text();
  }
  TextBuilder out(context);
  write_json(out, value, style);
  return out.value();
}

// Digits with a sign, spaces around them.
std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = strip_space(text);
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  return parse_number<std::int64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  text = strip_space(text);
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  return parse_number<double>(text);
}

Value to_integer(Context&, const Value& value, const Arguments& arguments) {
  const Bound bound("int", arguments, {"default"});
  if (value.is_undefined()) refuse_operand("int", value);
  std::int64_t storage;
  if (const std::int64_t* whole = integer(value, storage)) return {*whole};
  std::optional<double> number;
  if (const std::string* text = value.text()) {
    if (const auto whole = parse_integer(*text)) return {*whole};
    number = parse_real(*text);
  } else if (const auto* real = value.as<double>()) {
    number = *real;
  }
  if (!number || !std::isfinite(*number)) return bound.find(0) ? bound.at(0) : Value{std::int64_t{0}};
  check(std::abs(*number) < 0x1p63, "int: {} is beyond 64 bits", *number);
  return {static_cast<std::int64_t>(*number)};
}

Value to_real(Context&, const Value& value, const Arguments& arguments) {
  const Bound bound("float", arguments, {"default"});
  if (value.is_undefined()) refuse_operand("float", value);
  std::int64_t storage;
  if (const std::int64_t* whole = integer(value, storage)) return {static_cast<double>(*whole)};
  if (value.as<double>()) return value;
  if (const std::string* text = value.text()) {
    if (const auto number = parse_real(*text)) return {*number};
  }
  return bound.find(0) ? bound.at(0) : Value{0.0};
}

Value default_filter(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("default", arguments, {"default_value", "boolean"});
  const bool keep = !value.is_undefined() && (!bound.flag(1) || truthy(value));
  if (keep) return value;
  return bound.find(0) ? bound.at(0) : context.text(std::string());
}

Value length(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("length", arguments, {});
  return {length_of(context, value)};
}

Value first(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("first", arguments, {});
  if (const Sequence* sequence = value.sequence(); sequence && sequence->taken < sequence->items.size()) {
    const Value& item = sequence->items[sequence->taken];
    if (sequence->kind == SequenceKind::generator) ++sequence->taken;
    return item;
  }
  const std::vector<Value> items = items_of(context, value);
  return items.empty() ? undefined("there is no first item, the sequence is empty") : items.front();
}

Value last(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("last", arguments, {});
  if (const Sequence* sequence = value.sequence(); sequence && sequence->kind == SequenceKind::generator) {
    refuse_operand("last", value);
  }
  const std::vector<Value> items = items_of(context, value);
  return items.empty() ? undefined("there is no last item, the sequence is empty") : items.back();
}

Value to_list(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("list", arguments, {});
  return context.list(items_of(context, value));
}

Value items(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("items", arguments, {});
  if (value.is_undefined()) return context.list({}, SequenceKind::generator);
  if (!value.mapping()) refuse_operand("items", value);
  return context.list(pairs(context, *value.mapping()), SequenceKind::generator);
}

Value sort_mapping(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  if (!value.mapping()) refuse_operand("dictsort", value);
  const std::string by = bound.find(1) ? bound.text(1) : std::string("key");
  check(by == "key" || by == "value", "dictsort: by must be 'key' or 'value', got '{}'", by);
  const auto key_of = [&](const Value& pair) -> Value {
    const Value& key = pair.sequence()->items[by == "value" ? 1 : 0];
    return key.text() && !bound.flag(0) ? context.text(lower(*key.text())) : key;
  };
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& pair : pairs(context, *value.mapping())) keyed.emplace_back(key_of(pair), pair);
  // Equal ones keep their order also where it is reversed.
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return bound.flag(2) ? less(context, b.first, a.first) : less(context, a.first, b.first);
  });
  std::vector<Value> sorted;
  for (auto& [key, pair] : keyed) sorted.push_back(std::move(pair));
  return context.list(std::move(sorted));
}

// The attribute of an item, "a.b" being that of its attribute, "a.0" an item of it.
Value path(Context& context, Value value, const Value& attribute) {
  if (!attribute.text()) return subscript(context, value, attribute);
  context.allocate(static_cast<std::int64_t>(attribute.text()->size() * sizeof(std::string_view)));
  for (const std::string_view name : split(*attribute.text(), ".", -1)) {
    const auto place = parse_number<std::int64_t>(name);
    value = subscript(context, value, place && *place >= 0 ? Value{*place} : context.text(name));
  }
  return value;
}

// Each item where it is first met, letters of either case being the same.
Value unique(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("unique", arguments, {"case_sensitive", "attribute"});
  std::vector<Value> seen, kept;
  for (const Value& item : items_of(context, value)) {
    Value key = bound.find(1) ? path(context, item, bound.at(1)) : item;
    if (key.text() && !bound.flag(0)) key = context.text(lower(*key.text()));
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& each) { return equal(context, each, key); })) continue;
    seen.push_back(std::move(key));
    kept.push_back(item);
  }
  return context.list(std::move(kept), SequenceKind::generator);
}

Value join(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("join", arguments, {"d", "attribute"});
  const std::string separator = bound.find(0) ? plain(context, bound.at(0)) : std::string();
  TextBuilder out(context);
  bool following = false;
  for (const Value& item : items_of(context, value)) {
    if (following) out.append(separator);
    following = true;
    const bool whole = bound.find(1) == nullptr || bound.at(1).is_none();
    write_plain(out, whole ? item : path(context, item, bound.at(1)));
  }
  return out.value();
}

Value map_items(Context& context, const Value& value, const Arguments& arguments) {
  std::vector<Value> results;
  if (!truthy(value)) return context.list({}, SequenceKind::generator);
  if (arguments.positional.empty()) {
    const Bound bound("map", arguments, {"attribute", "default"}, 1);
    for (const Value& item : items_of(context, value)) {
      const Value found = path(context, item, bound.at(0));
      const bool missing = found.is_undefined() && bound.find(1) && !bound.at(1).is_none();
      results.push_back(missing ? bound.at(1) : found);
    }
    return context.list(std::move(results), SequenceKind::generator);
  }
  const std::string* name = arguments.positional[0].text();
  const Filter* filter = name ? find_filter(*name) : nullptr;
  check(filter != nullptr, "map: there is no filter {}; supported: {}", name ? "'" + *name + "'" : "without a name",
        filter_names());
  Arguments rest = arguments;
  rest.positional.erase(rest.positional.begin());
  for (const Value& item : items_of(context, value)) {
    const Context::Level level(context);
    results.push_back(filter->apply(context, item, rest));
  }
  return context.list(std::move(results), SequenceKind::generator);
}

// The items for which a test holds, or does not: select and reject, by the whole item or by an attribute.
template <bool by_attribute, bool wanted>
Value choose(Context& context, const Value& value, const Arguments& arguments) {
  Arguments rest = arguments;
  const auto take_first = [&] {
    Value taken = rest.positional.front();
    rest.positional.erase(rest.positional.begin());
    return taken;
  };
  check(!by_attribute || !rest.positional.empty(), "selectattr: the attribute is missing");
  const Value attribute = by_attribute ? take_first() : Value{None{}};
  const Predicate* predicate = nullptr;
  if (!rest.positional.empty()) {
    const Value name = take_first();
    predicate = name.text() ? find_predicate(*name.text()) : nullptr;
    check(predicate != nullptr, "select: there is no test '{}'; supported: {}", name.text() ? *name.text() : "",
          predicate_names());
  }
  std::vector<Value> chosen;
  // What is false has no items here, even what could not be looped over.
  if (!truthy(value)) return context.list({}, SequenceKind::generator);
  for (const Value& item : items_of(context, value)) {
    const Value subject = by_attribute ? path(context, item, attribute) : item;
    const bool holds = predicate ? predicate->holds(context, subject, rest) : truthy(subject);
    if (holds == wanted) chosen.push_back(item);
  }
  return context.list(std::move(chosen), SequenceKind::generator);
}

constexpr Filter kFilters[] = {{"capitalize", text_filter<capitalize>},
                               {"count", length},
                               {"d", default_filter},
                               {"default", default_filter},
                               {"dictsort", sort_mapping},
                               {"first", first},
                               {"float", to_real},
                               {"indent", indent},
                               {"int", to_integer},
                               {"items", items},
                               {"join", join},
                               {"last", last},
                               {"length", length},
                               {"list", to_list},
                               {"lower", text_filter<lower>},
                               {"map", map_items},
                               {"reject", choose<false, false>},
                               {"rejectattr", choose<true, false>},
                               {"replace", replace_filter},
                               {"safe", to_string},
                               {"select", choose<false, true>},
                               {"selectattr", choose<true, true>},
                               {"string", to_string},
                               {"tojson", to_json},
                               {"title", text_filter<title_words>},
                               {"trim", trim},
                               {"unique", unique},
                               {"upper", text_filter<upper>}};

}  // namespace

const Filter* find_filter(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Filter& filter) { return filter.name == name; });
  return found == std::end(kFilters) ? nullptr : found;
}

std::string filter_names() {
  std::string names;
  for (const Filter& filter : kFilters) names += fmt::format("{}{}", names.empty() ? "" : ", ", filter.name);
  return names;
}

}  // namespace sequent::jinja
