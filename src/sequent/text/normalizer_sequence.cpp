#include "sequent/text/normalizer_sequence.h"

#include <algorithm>

#include "sequent/base/error.h"

namespace sequent {

std::string NormalizerSequence::normalize(std::string_view text, bool& first) const {
  std::string result(text);
  for (const auto& normalizer : normalizers_) {
    result = normalizer->normalize(result, first);
    check_growth(text.size(), result.size());
  }
  return result;
}

bool NormalizerSequence::cuts_before_newline() const {
  return std::all_of(normalizers_.begin(), normalizers_.end(),
                     [](const auto& normalizer) { return normalizer->cuts_before_newline(); });
}

void check_growth(std::size_t text_bytes, std::size_t result_bytes) {
  check(result_bytes <= 256 * (text_bytes + 16),
        "tokenizer: a text may become at most 256 times as long by what its file replaces, got {} bytes of {}",
        result_bytes, text_bytes);
}

}  // namespace sequent
