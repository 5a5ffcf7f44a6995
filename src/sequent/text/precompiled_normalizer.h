// The normalizer "Precompiled": the character map of SentencePiece as the `tokenizers` library applies it.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/charsmap.h"
#include "sequent/text/normalizer.h"

namespace sequent {

class PrecompiledNormalizer : public Normalizer {
 public:
  explicit PrecompiledNormalizer(Charsmap charsmap) : charsmap_(std::move(charsmap)) {}

  /// Grapheme cluster by grapheme cluster (Unicode Standard Annex 29): one of fewer than 6 bytes of which the map knows
  /// a beginning is replaced by what that becomes, whatever follows in the cluster ("\r\n" becomes one space); in all
  /// others every character is replaced by itself. SentencePiece itself knows no clusters (SentencePieceNormalizer).
  /// Error if the result is much longer than the text.
  std::string normalize(std::string_view text, bool& first) const override;
  using Normalizer::normalize;

 private:
  void append_cluster(std::string_view cluster, std::string& result) const;

  Charsmap charsmap_;
};

}  // namespace sequent
