// Unicode normalisation form C (Unicode Standard Annex 15): characters and marks in their composed form.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/normalizer.h"

namespace sequent {

class NfcNormalizer : public Normalizer {
 public:
  /// The valid stretches between bytes of invalid UTF-8 are normalised, those bytes stay as they are.
  std::string normalize(std::string_view text) const override;
};

}  // namespace sequent
