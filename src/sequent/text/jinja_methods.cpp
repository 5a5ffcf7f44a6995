#include "sequent/text/jinja_methods.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_strings.h"

namespace sequent::jinja {
namespace {

struct Method {
  std::string_view name;
  Value (*call)(Context&, const Value&, const Arguments&);
};

Value strip_text(std::string_view name, Context& context, const Value& value, const Arguments& arguments, bool left,
                 bool right) {
  const Bound bound(name, arguments, {"chars"});
  const std::string& text = *value.text();
  context.scan(text.size());
  if (bound.find(0) == nullptr || bound.at(0).is_none()) return context.text(strip_space(text, left, right));
  context.scan(bound.text(0).size());
  return context.text(strip(text, bound.text(0), left, right));
}

// A text is cut into so many parts at most.
void charge_parts(Context& context, std::int64_t parts) {
  context.allocate(parts * static_cast<std::int64_t>(sizeof(std::string_view)));
}

// Python's None stands for white space.
Value split_text(std::string_view name, Context& context, const Value& value, const Arguments& arguments,
                 std::vector<std::string_view> (*at_separator)(std::string_view, std::string_view, std::int64_t)) {
  const Bound bound(name, arguments, {"sep", "maxsplit"});
  const std::string& text = *value.text();
  const std::int64_t limit = bound.integer(1, -1);
  std::vector<std::string_view> parts;
  if (bound.find(0) && !bound.at(0).is_none()) {
    const std::string& separator = bound.text(0);
    check(!separator.empty(), "{}: the separator must not be empty", name);
    context.search(text, separator);
    charge_parts(context, std::count(text.begin(), text.end(), separator.front()));
    parts = at_separator(text, separator, limit);
  } else {
    check(at_separator == split || limit < 0, "{}: a limit is supported with a separator only", name);
    context.scan(text.size());
    charge_parts(context, static_cast<std::int64_t>(text.size() / 2));
    parts = split_at_space(text, limit);
  }
  std::vector<Value> items;
  for (const std::string_view part : parts) items.push_back(context.text(part));
  return context.list(std::move(items));
}

// Whether `matches` the argument, or one of those in a tuple.
Value test_affix(std::string_view name, Context& context, const Value& value, const Arguments& arguments,
                 bool (*matches)(std::string_view, std::string_view)) {
  const Bound bound(name, arguments, {"prefix"}, 1);
  const std::string& text = *value.text();
  const Sequence* several = bound.at(0).sequence();
  if (!several || several->kind != SequenceKind::tuple) {
    context.scan(bound.text(0).size());
    return {matches(text, bound.text(0))};
  }
  bool result = false;
  for (const Value& each : several->items) {
    check(each.text() != nullptr, "{}: each must be a string, got a {}", name, type_name(each));
    context.scan(each.text()->size());
    result = result || matches(text, *each.text());
  }
  return {result};
}

Value map_text(std::string_view name, Context& context, const Value& value, const Arguments& arguments,
               std::string (*map)(std::string_view)) {
  const Bound bound(name, arguments, {});
  context.scan(value.text()->size());
  return context.text(map(*value.text()));
}

bool starts(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}
bool ends(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix);
}

Value replace_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  return replace(context, *value.text(), bound.text(0), bound.text(1), bound.integer(2, -1));
}

Value lines_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("splitlines", arguments, {});
  context.scan(value.text()->size());
  charge_parts(context, static_cast<std::int64_t>(value.text()->size()));
  std::vector<Value> lines;
  for (const std::string_view line : split_lines(*value.text())) lines.push_back(context.text(line));
  return context.list(std::move(lines));
}

constexpr Method kTextMethods[] = {
    {"strip", [](Context& c, const Value& v, const Arguments& a) { return strip_text("strip", c, v, a, true, true); }},
    {"lstrip",
     [](Context& c, const Value& v, const Arguments& a) { return strip_text("lstrip", c, v, a, true, false); }},
    {"rstrip",
     [](Context& c, const Value& v, const Arguments& a) { return strip_text("rstrip", c, v, a, false, true); }},
    {"split", [](Context& c, const Value& v, const Arguments& a) { return split_text("split", c, v, a, split); }},
    {"rsplit",
     [](Context& c, const Value& v, const Arguments& a) { return split_text("rsplit", c, v, a, split_from_right); }},
    {"splitlines", lines_method},
    {"startswith",
     [](Context& c, const Value& v, const Arguments& a) { return test_affix("startswith", c, v, a, starts); }},
    {"endswith", [](Context& c, const Value& v, const Arguments& a) { return test_affix("endswith", c, v, a, ends); }},
    {"replace", replace_method},
    {"lower", [](Context& c, const Value& v, const Arguments& a) { return map_text("lower", c, v, a, lower); }},
    {"upper", [](Context& c, const Value& v, const Arguments& a) { return map_text("upper", c, v, a, upper); }},
    {"title", [](Context& c, const Value& v, const Arguments& a) { return map_text("title", c, v, a, title); }},
    {"capitalize",
     [](Context& c, const Value& v, const Arguments& a) { return map_text("capitalize", c, v, a, capitalize); }},
};

constexpr std::string_view kOtherTextMethods[] = {
    "casefold",     "center",  "count",      "encode",      "expandtabs",   "find",         "format",
    "format_map",   "index",   "isalnum",    "isalpha",     "isascii",      "isdecimal",    "isdigit",
    "isidentifier", "islower", "isnumeric",  "isprintable", "isspace",      "istitle",      "isupper",
    "join",         "ljust",   "maketrans",  "partition",   "removeprefix", "removesuffix", "rfind",
    "rindex",       "rjust",   "rpartition", "swapcase",    "translate",    "zfill"};

Value items_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("items", arguments, {});
  return context.list(pairs(context, *value.mapping()), SequenceKind::view);
}

Value keys_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("keys", arguments, {});
  std::vector<Value> keys;
  for (const auto& [key, entry] : value.mapping()->entries) keys.push_back({key});
  return context.list(std::move(keys), SequenceKind::view);
}

Value values_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("values", arguments, {});
  std::vector<Value> values;
  for (const auto& [key, entry] : value.mapping()->entries) values.push_back(entry);
  return context.list(std::move(values), SequenceKind::view);
}

Value get_method(Context& context, const Value& value, const Arguments& arguments) {
  const Bound bound("get", arguments, {"key", "default"}, 1);
  const Value* found = bound.at(0).text() ? find(context, *value.mapping(), *bound.at(0).text()) : nullptr;
  if (found) return *found;
  return bound.find(1) ? bound.at(1) : Value{None{}};
}

constexpr Method kMappingMethods[] = {
    {"items", items_method}, {"keys", keys_method}, {"values", values_method}, {"get", get_method}};

constexpr std::string_view kOtherMappingMethods[] = {"clear",   "copy",       "fromkeys", "pop",
                                                     "popitem", "setdefault", "update"};

template <class Methods, class Others>
std::optional<Value> find_in(const Methods& methods, const Others& others, Context& context, const Value& value,
                             std::string_view name) {
  const auto method =
      std::find_if(std::begin(methods), std::end(methods), [&](const Method& m) { return m.name == name; });
  if (method == std::end(methods)) {
    check(std::find(std::begin(others), std::end(others), name) == std::end(others),
          "the method '{}' of a {} is not supported", name, type_name(value));
    return {};
  }
  const auto call = [value, run = method->call](Context& c, const Arguments& arguments) {
    return run(c, value, arguments);
  };
  return context.function({.name = std::string(name), .call = call, .depth = 1 + depth_of(value)});
}

}  // namespace

std::optional<Value> find_method(Context& context, const Value& value, std::string_view name) {
  if (value.text()) return find_in(kTextMethods, kOtherTextMethods, context, value, name);
  if (value.mapping()) return find_in(kMappingMethods, kOtherMappingMethods, context, value, name);
  return {};
}

Value replace(Context& context, std::string_view text, std::string_view old, std::string_view by, std::int64_t count) {
  context.search(text, old);
  TextBuilder out(context);
  std::size_t at = 0;
  for (std::int64_t done = 0; count < 0 || done < count; ++done) {
    // An empty `old` is found before each character and at the end.
    const std::size_t found = text.find(old, old.empty() && done > 0 ? at + 1 : at);
    std::size_t place = found;
    while (old.empty() && place < text.size() && (static_cast<unsigned char>(text[place]) & 0xC0) == 0x80) ++place;
    if (place == text.npos || place > text.size()) break;
    out.append(text.substr(at, place - at));
    out.append(by);
    context.spend(1);
    at = place + old.size();
    if (old.empty() && place == text.size()) break;
  }
  out.append(text.substr(std::min(at, text.size())));
  return out.value();
}

std::vector<Value> pairs(Context& context, const Mapping& mapping) {
  std::vector<Value> result;
  for (const auto& [key, value] : mapping.entries) {
    result.push_back(context.list({Value{key}, value}, SequenceKind::tuple));
  }
  return result;
}

}  // namespace sequent::jinja
