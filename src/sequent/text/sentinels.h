// Sentinels: special tokens "<extra_id_0>", "<extra_id_1>"... that stand for what was cut out of a text, and in the
// answer before it (Raffel et al., 2020, section 3.1.4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/text/tokenizer.h"

namespace sequent {

/// As many as T5 has.
inline constexpr std::int64_t kSentinels = 100;

/// "<extra_id_7>" for 7.
std::string sentinel_name(std::int64_t number);

/// The tokenizer with kSentinels sentinels at the end of its vocabulary, number 0 last, as in T5; one that has number 0
/// is returned as it is.
Tokenizer with_sentinels(const Tokenizer& tokenizer);

/// The ids of sentinels 0, 1... as many as there are without a gap.
std::vector<std::int32_t> sentinels_of(const Tokenizer& tokenizer);

}  // namespace sequent
