// The unigram language model (Kudo, "Subword regularization: improving neural network translation models with multiple
// subword candidates", ACL 2018): of all ways to cut a piece into tokens the one of the highest probability.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sequent/text/model.h"
#include "sequent/text/piece_trie.h"

namespace sequent {

/// What a unigram model consists of.
struct UnigramVocabulary {
  struct Token {
    std::string text;
    double score = 0;     // log-probability; a number
    bool matches = true;  // it is found in texts; otherwise it has an id and no more
  };
  std::vector<Token> tokens = {};  // by id; of several with the same text the last is found
  std::int32_t unknown = -1;       // stands for a character without a token, if not negative
  double unknown_score = 0;
  bool byte_fallback = false;  // a stretch of unknown characters is spelled by "<0x00>"... if these all exist
  /// Sums of scores are rounded to float, as SentencePiece does; otherwise they are double, as in files of Hugging
  /// Face.
  bool float_sums = false;
};

class UnigramModel : public Model {
 public:
  /// Error if `unknown` is not in the vocabulary, or a score is not a number or absurdly large.
  explicit UnigramModel(UnigramVocabulary vocabulary);
  UnigramModel(const UnigramModel&) = delete;
  UnigramModel& operator=(const UnigramModel&) = delete;

  /// Each character that is not a token by itself may also be unknown, at unknown_score; a byte of invalid UTF-8 counts
  /// as a character. Of ways of equal score the one found first is taken, which is the one with the longer last token.
  /// Unknown characters in a row are one unknown token.
  void encode(std::string_view piece, std::vector<std::int32_t>& ids, ModelScratch& scratch) const override;

 private:
  template <class Sum>
  void find_way(std::string_view piece, std::vector<ModelScratch::Step>& steps) const;
  void append_way(std::string_view piece, const std::vector<ModelScratch::Step>& steps,
                  std::vector<std::int32_t>& ids) const;
  void append_unknown(std::string_view stretch, std::vector<std::int32_t>& ids) const;

  UnigramVocabulary vocabulary_;
  PieceTrie trie_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // views into the vocabulary
  std::array<std::int32_t, 256> byte_ids_;                  // of "<0x00>"...; -1: there is none
};

}  // namespace sequent
