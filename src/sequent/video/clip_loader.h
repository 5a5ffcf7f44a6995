// Batches of clips, decoded by threads of their own ahead of who uses them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sequent/video/clip_dataset.h"

namespace sequent {

struct ClipBatch {
  Tensor clips;                      // [samples * clips of a video, 3, frames, size, size]
  std::vector<std::int64_t> videos;  // by sample
};

struct ClipLoaderOptions {
  std::int64_t batch = 8;  // samples
  int threads = 2;
  /// Batches kept ready at most, beside the one in use; fewer where they would take more than `memory` bytes, but one.
  std::int64_t ahead = 4;
  std::int64_t memory = std::int64_t{512} << 20;
};

class ClipLoader {
 public:
  /// `dataset` must outlive this.
  ClipLoader(const ClipDataset& dataset, const ClipLoaderOptions& options);
  ~ClipLoader();
  ClipLoader(const ClipLoader&) = delete;
  ClipLoader& operator=(const ClipLoader&) = delete;

  /// Batch of step 0, 1, ...: sample r is sample (step * batch + r) of all epochs laid end to end. The batches that
  /// follow are begun meanwhile; another order of steps is right, too, and slower. Not for several threads at once.
  /// What reading a sample throws is thrown here.
  ClipBatch batch(std::int64_t step);

  /// How long batch() has waited in all: what training loses to decoding.
  double waited_seconds() const;
  /// Batches that are kept ready.
  std::int64_t ahead() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sequent
