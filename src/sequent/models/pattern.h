// The blocks of a model as a short text: "3*mamba/none 1*attention/glu".
//
//   pattern = item { " " item }
//   item    = [ count "*" ] ( mixer "/" channel mixer | "(" pattern ")" )
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/config.h"

namespace sequent {

/// The blocks of a pattern, or with `layers` > 0 the pattern over and over until there are that many; they must be a
/// multiple. What is no pattern, or an unknown name in it, is an Error that says where.
std::vector<BlockConfig> parse_pattern(std::string_view text, std::int64_t layers = 0);

/// A short pattern of these blocks, which parse_pattern() turns into them again.
std::string format_pattern(std::span<const BlockConfig> blocks);

}  // namespace sequent
