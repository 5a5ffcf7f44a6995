#include "sequent/text/batches.h"

#include <algorithm>
#include <span>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/permutation.h"
#include "sequent/base/random.h"

namespace sequent {
namespace {

void check_sizes(std::int64_t batch, std::int64_t context) {
  check(batch >= 1, "data: the batch must be at least 1, got {}", batch);
  check(context >= 1, "data: the context must be at least 1, got {}", context);
}

/// Puts rows end to end and cuts them at documents.
class BatchBuilder {
 public:
  explicit BatchBuilder(const TokenView& view) : view_(view) {}

  /// Inputs [begin, begin + length) of the view.
  void add_row(std::int64_t begin, std::int64_t length, Batch& batch) {
    const auto row = static_cast<std::int64_t>(batch.inputs.size());
    view_.append(begin, begin + length, batch.inputs);
    view_.append(begin + 1, begin + length + 1, batch.targets);
    for (std::int64_t i = row + 1; i < row + length; ++i) {
      if (batch.inputs[static_cast<std::size_t>(i)] == view_.begin_of_text()) offsets_.push_back(i);
    }
    offsets_.push_back(row + length);
  }

  /// Number of segments so far.
  std::int64_t segments() const { return static_cast<std::int64_t>(offsets_.size()) - 1; }

  Segments finish() { return Segments(std::move(offsets_)); }

 private:
  const TokenView& view_;
  std::vector<std::int64_t> offsets_ = {0};
};

}  // namespace

BatchSampler::BatchSampler(TokenView view, std::int64_t batch, std::int64_t context, std::uint64_t seed)
    : view_(std::move(view)), batch_(batch), context_(context), seed_(seed) {
  check_sizes(batch, context);
  check(view_.size() > context, "data: {} tokens are too few for a context of {}", view_.size(), context);
  // The number of windows is the same for every phase, so that an epoch is a plain division of the window's number.
  windows_ = std::max<std::int64_t>(1, (view_.size() - context) / context);
  phases_ = std::min(context, view_.size() - windows_ * context);
}

std::int64_t BatchSampler::window_begin(std::int64_t epoch, std::int64_t place) const {
  const Random random(seed_, Random::stream_of("data"));
  const auto counter = static_cast<std::uint64_t>(2 * epoch);
  const auto phase = random.below(counter, static_cast<std::uint64_t>(phases_));
  const Permutation permutation(windows_, random.bits(counter + 1));
  return static_cast<std::int64_t>(phase) + permutation(place) * context_;
}

Batch BatchSampler::training_batch(std::int64_t step) const {
  check(step >= 0, "data: the step must not be negative, got {}", step);
  Batch batch;
  BatchBuilder builder(view_);
  for (std::int64_t row = 0; row < batch_; ++row) {
    const std::int64_t number = step * batch_ + row;
    builder.add_row(window_begin(number / windows_, number % windows_), context_, batch);
  }
  batch.segments = builder.finish();
  return batch;
}

ContinuingReader::ContinuingReader(TokenView view, std::int64_t batch, std::int64_t context)
    : view_(std::move(view)), batch_(batch), context_(context) {
  check_sizes(batch, context);
  // The last target of the last row is a token too.
  stride_ = (view_.size() - 1) / batch;
  check(stride_ >= context, "data: {} tokens are too few for {} rows with a context of {}", view_.size(), batch,
        context);
}

ContinuingBatch ContinuingReader::continuing_batch(std::int64_t step) const {
  check(step >= 0, "data: the step must not be negative, got {}", step);
  const std::int64_t s = step % steps_per_epoch();
  ContinuingBatch batch;
  BatchBuilder builder(view_);
  for (std::int64_t row = 0; row < batch_; ++row) {
    const std::int64_t begin = row * stride_ + s * context_;
    const std::int64_t before = builder.segments();
    builder.add_row(begin, context_, batch);
    batch.continues.push_back(s > 0 && view_.token(begin) != view_.begin_of_text());
    batch.continues.resize(static_cast<std::size_t>(builder.segments()), false);
    batch.row_of_segment.insert(batch.row_of_segment.end(), static_cast<std::size_t>(builder.segments() - before), row);
  }
  batch.segments = builder.finish();
  return batch;
}

EvaluationReader::EvaluationReader(TokenView view, std::int64_t batch, std::int64_t context)
    : view_(std::move(view)), batch_(batch), context_(context) {
  check_sizes(batch, context);
  check(view_.size() >= 2, "data: {} tokens are too few to evaluate on", view_.size());
  windows_ = (view_.size() - 1 + context - 1) / context;
}

Batch EvaluationReader::batch(std::int64_t i) const {
  check(i >= 0 && i < batches(), "data: the batch must be from 0 to {}, got {}", batches() - 1, i);
  Batch batch;
  BatchBuilder builder(view_);
  for (std::int64_t window = i * batch_; window < std::min(windows_, (i + 1) * batch_); ++window) {
    const std::int64_t begin = window * context_;
    builder.add_row(begin, std::min(context_, view_.size() - 1 - begin), batch);
  }
  batch.segments = builder.finish();
  return batch;
}

}  // namespace sequent
