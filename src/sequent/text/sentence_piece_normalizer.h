// What SentencePiece does to a text before it looks for tokens (Kudo and Richardson, "SentencePiece: A simple and
// language independent subword tokenizer and detokenizer for neural text processing", EMNLP 2018, section 3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sequent/text/charsmap.h"
#include "sequent/text/normalizer.h"
#include "sequent/text/piece_trie.h"

namespace sequent {

struct SentencePieceNormalization {
  std::optional<Charsmap> charsmap;
  PieceTrie untouched;                   // user-defined tokens: not rewritten where they stand
  bool add_dummy_prefix = true;          // a space in front of every text that is not empty
  bool remove_extra_whitespaces = true;  // none in front and behind, one of several in a row
  bool escape_whitespaces = true;        // spaces become U+2581
};

class SentencePieceNormalizer : public Normalizer {
 public:
  explicit SentencePieceNormalizer(SentencePieceNormalization options) : options_(std::move(options)) {}

  /// At each place the longest entry of the map is replaced; a byte of invalid UTF-8 becomes U+FFFD. Error if the
  /// result is much longer than the text.
  std::string normalize(std::string_view text, bool& first) const override;
  using Normalizer::normalize;

 private:
  std::pair<std::string_view, std::size_t> rewritten(std::string_view text) const;

  SentencePieceNormalization options_;
};

}  // namespace sequent
