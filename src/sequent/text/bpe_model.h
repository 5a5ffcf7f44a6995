// Byte-pair encoding (Sennrich et al., "Neural machine translation of rare words with subword units", ACL 2016) of
// bytes (Radford et al., "Language models are unsupervised multitask learners", 2019) or of characters, as in
// SentencePiece.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sequent/text/model.h"
#include "sequent/text/pair_table.h"
#include "sequent/text/piece_trie.h"

namespace sequent {

/// What a byte-pair model consists of.
struct BpeVocabulary {
  enum class Alphabet : std::uint8_t { bytes, characters };

  std::vector<std::string> tokens =
      {};  // the text of token i; empty if there is no token i, or it is not found in texts
  std::vector<std::pair<std::int32_t, std::int32_t>> merges = {};  // as pairs of ids
  std::vector<std::int32_t> ranks = {};                            // of the merges; none: they are in order of rank
  std::int32_t unknown = -1;            // stands for a byte or character without a token, if not negative
  bool whole_pieces_first = false;      // a piece that is a token is not merged from its symbols
  Alphabet alphabet = Alphabet::bytes;  // what a piece is at first cut into
  // Of an alphabet of characters only:
  bool byte_fallback = false;  // a character without a token is spelled by "<0x00>"... if these all exist
  bool fuse_unknown = false;   // unknown characters in a row are one unknown token
  std::vector<std::int32_t> never_merged =
      {};  // tokens found before anything is merged, the longest that begin at a place
};

class BpeModel : public Model {
 public:
  /// Error if a merge names a token that does not exist or makes one that does not exist.
  explicit BpeModel(BpeVocabulary vocabulary);
  BpeModel(const BpeModel&) = delete;
  BpeModel& operator=(const BpeModel&) = delete;

  /// Appends the ids of a piece: its symbols, of which again and again the pair of lowest rank is merged, the leftmost
  /// of several. A byte of invalid UTF-8 counts as a character. Error if a symbol has no token and there is no unknown
  /// token.
  void encode(std::string_view piece, std::vector<std::int32_t>& ids, ModelScratch& scratch) const override;

  bool keeps_bytes_apart() const override {
    return vocabulary_.alphabet == BpeVocabulary::Alphabet::bytes && merges_.size() == 0 && ids_.empty();
  }

  const BpeVocabulary& vocabulary() const { return vocabulary_; }

 private:
  struct Merge {
    std::int32_t rank;
    std::int32_t merged;
  };

  void add_merge(std::size_t i);
  bool can_cut_words() const;
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids, ModelScratch& scratch) const;
  void append_symbols(std::string_view word, std::vector<std::int32_t>& ids) const;
  std::int32_t find_never_merged(std::string_view word, std::size_t& at) const;
  bool append_spelled(std::string_view character, std::vector<std::int32_t>& ids) const;
  void append_bytes(std::string_view piece, std::vector<std::int32_t>& ids) const;
  void merge(std::string_view word, ModelScratch& scratch) const;
  void merge_short(ModelScratch& scratch) const;
  void merge_long(ModelScratch& scratch) const;
  std::int32_t rank(std::int32_t left, std::int32_t right) const;

  BpeVocabulary vocabulary_;
  std::array<std::int32_t, 256> byte_ids_;  // of the bytes as tokens, or as "<0x00>"...; -1: there is none
  PairTable<std::int32_t> character_ids_;   // by (0, code point)
  PieceTrie never_merged_;
  PairTable<Merge> merges_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // views into vocabulary_.tokens; only for whole pieces
  bool cuts_words_ = false;  // a piece is encoded word by word, which gives the same and remembers more
};

}  // namespace sequent
