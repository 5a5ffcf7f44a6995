// Packed sequences: the tokens of all sequences lie end to end, with no padding, and Segments says where each begins.
// Variable-length batches, packed documents and continuous batching are all this one thing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sequent {

class Segments {
 public:
  /// No sequences, no tokens.
  Segments() : offsets_{0} {}
  /// offsets[i] is where sequence i begins, the last entry the number of tokens: one more than there are sequences.
  /// They start at 0 and increase strictly (no empty sequence); otherwise an Error.
  explicit Segments(std::vector<std::int64_t> offsets);
  /// One sequence of `tokens` tokens.
  static Segments single(std::int64_t tokens);
  /// `count` sequences of `length` tokens each.
  static Segments uniform(std::int64_t count, std::int64_t length);
  /// Sequences of the given lengths.
  static Segments of_lengths(std::span<const std::int64_t> lengths);

  std::int64_t count() const { return static_cast<std::int64_t>(offsets_.size()) - 1; }
  std::int64_t tokens() const { return offsets_.back(); }
  std::int64_t begin(std::int64_t i) const { return offsets_[static_cast<std::size_t>(i)]; }
  std::int64_t end(std::int64_t i) const { return offsets_[static_cast<std::size_t>(i) + 1]; }
  std::int64_t length(std::int64_t i) const { return end(i) - begin(i); }
  /// count() + 1 entries.
  std::span<const std::int64_t> offsets() const { return offsets_; }

 private:
  std::vector<std::int64_t> offsets_;
};

}  // namespace sequent
