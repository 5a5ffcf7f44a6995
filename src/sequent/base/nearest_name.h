// "Did you mean": the known name that a mistyped one most likely stands for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sequent {

/// The candidate the fewest slips away from `name`, the first of several; nothing if that is more than a third of its
/// characters (rounded up), because a far-fetched suggestion confuses more than none. A slip is a character inserted,
/// left out or replaced, or two neighbours swapped (optimal string alignment; after F. Damerau, "A technique for
/// computer detection and correction of spelling errors", CACM 7(3), 1964).
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// The end of a sentence that refuses `name`: "; did you mean 'mamba'?", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace sequent
