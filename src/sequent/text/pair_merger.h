// The core of training: words as sequences of symbols, the counts of all pairs of neighbours, and the merging of one
// pair after the other in them.
#pragma once

#include <cstdint>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "sequent/text/pair_table.h"

namespace sequent {

class PairMerger {
 public:
  struct Pair {
    std::int32_t left, right;
    std::int64_t count;
  };

  void add_word(std::span<const std::int32_t> symbols, std::int64_t count);

  /// Call once, after the last word.
  void count_pairs();

  /// The most frequent pair, of several the one with the smallest ids; count 0 if there is none. Where a symbol
  /// repeats, every two neighbours count, though not all of them can be merged ("aaa" counts two).
  Pair best();

  /// Replaces the pair that best() gave, from left to right in every word, by `merged`.
  void merge(const Pair& pair, std::int32_t merged);

 private:
  struct Word {
    std::size_t begin;
    std::int32_t length;
    std::int64_t count;
  };
  struct PairInfo {
    std::int32_t left, right;
    std::int64_t count = 0;
    std::vector<std::int32_t> words;  // where it occurs, or once did
    bool changed = false;             // its count has grown in this merge
  };
  // In the queue a count may be too large: it is corrected when it comes up.
  struct Queued {
    std::int64_t count;
    std::int32_t left, right;
    std::int32_t info;
    bool operator<(const Queued& other) const {
      if (count != other.count) return count < other.count;
      return std::pair(left, right) > std::pair(other.left, other.right);
    }
  };

  PairInfo& info(std::int32_t left, std::int32_t right);
  void grow(std::int32_t left, std::int32_t right, std::int32_t word);
  void shrink(std::int32_t left, std::int32_t right, std::int32_t word);
  void merge_in_word(const Pair& pair, std::int32_t merged, std::int32_t word);

  std::vector<std::int32_t> symbols_;
  std::vector<Word> words_;
  PairTable<std::int32_t> pair_index_;  // one more than the place in infos_, so that 0 is new
  std::vector<PairInfo> infos_;
  std::vector<std::int32_t> changed_;
  std::priority_queue<Queued> queue_;
};

}  // namespace sequent
