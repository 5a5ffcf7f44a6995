// The model of a tokenizer turns the pieces of a text into token ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sequent/text/piece_cache.h"

namespace sequent {

/// Working memory of a model: one for each thread. What is in it is the model's business.
struct ModelScratch {
  // A symbol of a piece being merged, linked to its neighbours (-1: none).
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
  // The best way to the end of a stretch of the piece.
  struct Step {
    double score;
    std::int32_t begin;  // of its last token; -1: there is no way yet
    std::int32_t id;
  };

  PieceCache cache;
  std::vector<std::int32_t> ids, ranks;
  std::vector<Symbol> symbols;
  std::vector<Candidate> heap;
  std::vector<Step> steps;
};

class Model {
 public:
  virtual ~Model() = default;

  /// Appends the ids of a piece, which is not empty. Error if part of it has no token and nothing stands for the
  /// unknown.
  virtual void encode(std::string_view piece, std::vector<std::int32_t>& ids, ModelScratch& scratch) const = 0;

  /// Whether every byte is a token of its own, whatever stands around it.
  virtual bool keeps_bytes_apart() const { return false; }
};

}  // namespace sequent
