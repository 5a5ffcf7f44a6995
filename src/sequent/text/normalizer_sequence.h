// The normalizer "Sequence": one after the other.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/text/normalizer.h"

namespace sequent {

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> normalizers)
      : normalizers_(std::move(normalizers)) {}

  /// Error if the text becomes much longer than it was (see check_growth()).
  std::string normalize(std::string_view text, bool& first) const override;
  bool cuts_before_newline() const override;
  using Normalizer::normalize;

 private:
  std::vector<std::unique_ptr<Normalizer>> normalizers_;
};

/// Refuses a result more than 256 times as long as the text (which a single character of Unicode does not come near),
/// so that a file cannot ask for any amount of memory by replacing again and again.
void check_growth(std::size_t text_bytes, std::size_t result_bytes);

}  // namespace sequent
