#include "sequent/models/names.h"

#include <optional>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/parse_number.h"

namespace sequent {
namespace {

constexpr std::string_view kHole = "{}";

// What each "{}" of the pattern stands for in `name`; nothing when they do not match.
std::optional<std::vector<std::string_view>> match(std::string_view pattern, std::string_view name) {
  std::vector<std::string_view> holes;
  while (true) {
    const std::size_t hole = pattern.find(kHole);
    if (hole == std::string_view::npos) return pattern == name ? std::optional(holes) : std::nullopt;
    if (!name.starts_with(pattern.substr(0, hole))) return std::nullopt;
    name.remove_prefix(hole);
    pattern.remove_prefix(hole + kHole.size());
    const std::size_t length = pattern.empty() ? name.size() : name.find('.');
    if (length == std::string_view::npos) return std::nullopt;
    holes.push_back(name.substr(0, length));
    name.remove_prefix(length);
  }
}

std::string fill(std::string_view pattern, std::span<const std::string_view> holes) {
  std::string name;
  for (const std::string_view hole : holes) {
    const std::size_t at = pattern.find(kHole);
    name += pattern.substr(0, at);
    name += hole;
    pattern.remove_prefix(at + kHole.size());
  }
  return name.append(pattern);
}

}  // namespace

std::vector<PublishedName> published_names(std::span<const NameRule> rules, std::string_view ours) {
  std::vector<PublishedName> names;
  for (const NameRule& rule : rules) {
    auto holes = match(rule.ours, ours);
    if (!holes) continue;
    PublishedName name = {{}, rule.layout, rule.part, rule.parts, 0};
    if (rule.layout == NameRule::Layout::stacked) {
      const auto entry = parse_number<std::int64_t>(holes->back());
      if (!entry) continue;
      name.entry = *entry;
      holes->pop_back();
    }
    name.name = fill(rule.published, *holes);
    names.push_back(std::move(name));
  }
  check(!names.empty(), "names: the layout has no published name for the parameter {}", ours);
  return names;
}

}  // namespace sequent
