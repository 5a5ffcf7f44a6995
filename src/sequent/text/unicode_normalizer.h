// The Unicode normalisation forms (Unicode Standard Annex 15): characters and marks composed or taken apart.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/normalizer.h"

namespace sequent {

enum class NormalizationForm { nfc, nfd, nfkc, nfkd };

class UnicodeNormalizer : public Normalizer {
 public:
  explicit UnicodeNormalizer(NormalizationForm form) : form_(form) {}

  /// The valid stretches between bytes of invalid UTF-8 are normalised, those bytes stay as they are.
  std::string normalize(std::string_view text, bool& first) const override;
  bool cuts_before_newline() const override { return true; }
  using Normalizer::normalize;

 private:
  NormalizationForm form_;
};

}  // namespace sequent
