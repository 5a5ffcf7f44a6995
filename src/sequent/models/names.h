// Tensor names between this library and the published layouts, by the table of a layout.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/layout.h"

namespace sequent {

/// Where a parameter stands: under this name, as the rule says.
struct PublishedName {
  std::string name;
  NameRule::Layout layout = NameRule::Layout::same;
  std::int64_t part = 0;
  std::int64_t parts = 1;
  std::int64_t entry = 0;  // of a stack
};

/// Every published name of the parameter `ours`, the one to write first; a parameter without a rule is an Error.
std::vector<PublishedName> published_names(std::span<const NameRule> rules, std::string_view ours);

}  // namespace sequent
