// Byte-level byte-pair encoding (Sennrich et al., "Neural machine translation of rare words with subword units", ACL
// 2016; on bytes: Radford et al., "Language models are unsupervised multitask learners", 2019).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sequent/text/pair_table.h"

namespace sequent {

/// What a byte-pair model consists of.
struct BpeVocabulary {
  std::vector<std::string> tokens;                            // the bytes of token i; empty if there is no token i
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;  // in order of rank, as pairs of ids
  std::int32_t unknown = -1;                                  // stands for a byte without a token, if not negative
  bool whole_pieces_first = false;                            // a piece that is a token is not merged from its bytes
};

/// Working memory of an encoder: one for each thread.
class BpeScratch {
 public:
  BpeScratch();

 private:
  friend class BpeModel;

  // The encodings of recent short pieces, found by hash; a new piece takes the place of the old.
  struct CachedPiece {
    static constexpr std::size_t kLongest = 27;
    static constexpr std::size_t kMostTokens = 8;
    std::array<char, kLongest> piece = {};
    std::uint8_t length = 0;
    std::uint8_t count = 0;
    std::array<std::int32_t, kMostTokens> ids = {};
  };
  // A symbol of the piece being merged, linked to its neighbours (-1: none).
  struct Symbol {
    std::int32_t id;
    std::int32_t before, after;
  };
  struct Candidate {
    std::int32_t rank;
    std::int32_t position;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };

  std::vector<CachedPiece> cache_;
  std::vector<std::int32_t> ids_, ranks_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
};

class BpeModel {
 public:
  /// Error if a merge names a token that does not exist or makes one that does not exist.
  explicit BpeModel(BpeVocabulary vocabulary);

  /// Appends the ids of a piece: its bytes, of which again and again the pair of lowest rank is merged, the leftmost of
  /// several. Error if a byte has no token and there is no unknown token.
  void encode(std::string_view piece, std::vector<std::int32_t>& ids, BpeScratch& scratch) const;

  const BpeVocabulary& vocabulary() const { return vocabulary_; }

 private:
  struct Merge {
    std::int32_t rank;
    std::int32_t merged;
  };

  void encode_bytes(std::string_view piece, std::vector<std::int32_t>& ids) const;
  void merge(std::string_view piece, BpeScratch& scratch) const;
  void merge_short(BpeScratch& scratch) const;
  void merge_long(BpeScratch& scratch) const;
  std::int32_t rank(std::int32_t left, std::int32_t right) const;

  BpeVocabulary vocabulary_;
  std::array<std::int32_t, 256> byte_ids_;
  PairTable<Merge> merges_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // views into vocabulary_.tokens; only for whole pieces
};

}  // namespace sequent
