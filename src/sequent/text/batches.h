// Batches of a token stream, for training and for evaluation. Every batch is a pure function of the arguments given
// here and of its number: there is no state to save and nothing to fast-forward on resuming.
//
// The target of an input is the next token of the stream. The sequences of a batch lie end to end; a row is cut where a
// document begins, which is at each token that begins a text, so that nothing is carried from one document into the
// next.
#pragma once

#include <cstdint>
#include <vector>

#include "sequent/tensor/segments.h"
#include "sequent/text/dataset.h"

namespace sequent {

struct Batch {
  std::vector<std::int32_t> inputs, targets;
  Segments segments;
};

/// A batch whose rows go on where the rows of the step before ended.
struct ContinuingBatch : Batch {
  std::vector<bool> continues;               // by segment: it goes on with the last segment of its row, one step before
  std::vector<std::int64_t> row_of_segment;  // 0 to batch - 1
};

/// Windows in pseudo-random order. An epoch visits every window once; windows lie end to end, from a phase that is
/// random in every epoch.
class BatchSampler {
 public:
  /// batch and context at least 1. Error "data: N tokens are too few for a context of M" unless N > M.
  BatchSampler(TokenView view, std::int64_t batch, std::int64_t context, std::uint64_t seed);

  /// Batch of step 0, 1, ...: batch rows of context tokens.
  Batch training_batch(std::int64_t step) const;

  /// Number of windows in an epoch. Row r of step s is window number s * batch + r, counted through the epochs.
  std::int64_t windows() const { return windows_; }

  /// Where in the view the inputs of a window of an epoch begin, by its place in the order of the epoch.
  std::int64_t window_begin(std::int64_t epoch, std::int64_t place) const;

 private:
  TokenView view_;
  std::int64_t batch_, context_, windows_, phases_;
  std::uint64_t seed_;
};

/// For truncated back-propagation through time (Williams and Peng, 1990): the view is cut into `batch` rows of equal
/// length, and a step takes the next `context` tokens of every row.
class ContinuingReader {
 public:
  /// batch and context at least 1. Error "data: ... too few ..." if a row would be shorter than the context.
  ContinuingReader(TokenView view, std::int64_t batch, std::int64_t context);

  /// Batch of step 0, 1, ...: row r holds tokens [r * stride + s * context, + context), with s = step modulo
  /// steps_per_epoch(). At s = 0 every row starts afresh.
  ContinuingBatch continuing_batch(std::int64_t step) const;

  std::int64_t stride() const { return stride_; }
  std::int64_t steps_per_epoch() const { return stride_ / context_; }

 private:
  TokenView view_;
  std::int64_t batch_, context_, stride_;
};

/// Windows end to end, in order, that together have every token of the view but the first as target exactly once. The
/// last window may be shorter, the last batch smaller.
class EvaluationReader {
 public:
  /// batch and context at least 1. Error if the view has fewer than two tokens.
  EvaluationReader(TokenView view, std::int64_t batch, std::int64_t context);

  /// Number of batches.
  std::int64_t batches() const { return (windows_ + batch_ - 1) / batch_; }

  /// Batch i, 0 <= i < batches().
  Batch batch(std::int64_t i) const;

  /// Number of text bytes that the targets of all batches represent.
  std::int64_t text_bytes() const { return view_.text_bytes(1, view_.size()); }

 private:
  TokenView view_;
  std::int64_t batch_, context_, windows_;
};

}  // namespace sequent
