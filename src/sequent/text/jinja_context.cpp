#include "sequent/text/jinja_context.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/text/utf8.h"

namespace sequent::jinja {
namespace {

// Of lists and mappings within one another. It bounds the recursion of whatever walks over a value or frees it.
constexpr int kMaximumNesting = 64;

int checked_depth(int depth) {
  check(depth <= kMaximumNesting, "values are nested deeper than {}", kMaximumNesting);
  return depth;
}

}  // namespace

Context::Level::Level(Context& context) : context_(context) {
  check(context.level_ < context.limits_.nesting, "expressions, statements and macros are nested deeper than {}",
        context.limits_.nesting);
  ++context.level_;
}

void Context::spend(std::int64_t steps) {
  check(steps <= limits_.steps - steps_, "the rendering takes more than {} steps", limits_.steps);
  steps_ += steps;
}

void Context::search(std::string_view haystack, std::string_view needle) {
  // Two factors of which the larger could be the size of a text: divided before they are multiplied.
  const auto places = static_cast<double>(haystack.size()) / 64;
  const double steps = 1 + places * static_cast<double>(std::max<std::size_t>(needle.size(), 1));
  spend(static_cast<std::int64_t>(std::min(steps, 1e18)));
}

void Context::allocate(std::int64_t bytes) {
  check(bytes <= limits_.bytes - bytes_, "the rendering makes more than {} bytes of text and lists", limits_.bytes);
  bytes_ += bytes;
}

Value Context::text(std::string text) {
  allocate(static_cast<std::int64_t>(text.size()));
  return {std::make_shared<const std::string>(std::move(text))};
}

Value Context::list(std::vector<Value> items, SequenceKind kind) {
  allocate(static_cast<std::int64_t>(items.size() * sizeof(Value)));
  spend(static_cast<std::int64_t>(items.size()));
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, depth_of(item));
  return {std::make_shared<const Sequence>(
      Sequence{.kind = kind, .items = std::move(items), .depth = checked_depth(depth + 1), .taken = 0})};
}

Value Context::mapping(std::vector<std::pair<Text, Value>> entries) {
  allocate(static_cast<std::int64_t>(entries.size() * sizeof(entries[0])));
  spend(static_cast<std::int64_t>(entries.size()));
  int depth = 0;
  for (const auto& [key, value] : entries) depth = std::max(depth, depth_of(value));
  return {std::make_shared<const Mapping>(Mapping{.entries = std::move(entries), .depth = checked_depth(depth + 1)})};
}

Value Context::name_space(std::vector<std::pair<std::string, Value>> attributes) {
  allocate(sizeof(Namespace));
  return {&namespaces_.emplace_back(Namespace{std::move(attributes)})};
}

Value Context::function(Function function) {
  allocate(sizeof(Function));
  checked_depth(function.depth);
  return {std::make_shared<const Function>(std::move(function))};
}

Value Context::from_json(const nlohmann::ordered_json& json) {
  const Level level(*this);
  using Type = nlohmann::ordered_json::value_t;
  switch (json.type()) {
    case Type::boolean:
      return {json.get<bool>()};
    case Type::number_unsigned:
      check(json.get<std::uint64_t>() <= INT64_MAX, "the number {} is too large", json.get<std::uint64_t>());
      [[fallthrough]];
    case Type::number_integer:
      return {json.get<std::int64_t>()};
    case Type::number_float:
      return {json.get<double>()};
    case Type::string:
      return text(valid_utf8(json.get_ref<const std::string&>()));
    case Type::array: {
      std::vector<Value> items;
      for (const auto& item : json) items.push_back(from_json(item));
      return list(std::move(items));
    }
    case Type::object: {
      std::vector<std::pair<Text, Value>> entries;
      for (const auto& [key, value] : json.items()) {
        entries.emplace_back(std::make_shared<const std::string>(valid_utf8(key)), from_json(value));
      }
      return mapping(std::move(entries));
    }
    default:
      return {None{}};
  }
}

const Value* find(Context& context, const Mapping& mapping, std::string_view key) {
  context.spend(static_cast<std::int64_t>(mapping.entries.size() / 8));
  const auto found = std::find_if(mapping.entries.begin(), mapping.entries.end(),
                                  [&](const auto& entry) { return *entry.first == key; });
  return found == mapping.entries.end() ? nullptr : &found->second;
}

}  // namespace sequent::jinja
