// A quick look at what an encoder has learned, for the log of a run: how well a linear classifier of its mean features
// does on labelled videos. Much coarser than `sequent video probe`, and cheap.
#pragma once

#include <cstdint>

#include "sequent/models/vision_transformer.h"
#include "sequent/video/clip_dataset.h"

namespace sequent {

class OnlineProbe {
 public:
  /// At most `most` videos of the list, spread evenly over it; all must have labels. Every other one is for fitting.
  OnlineProbe(const VideoList& videos, const ClipSampling& sampling, std::int64_t size, std::int64_t most = 256);

  /// Share of the other half whose label is predicted by ridge regression on the mean feature of each video. Videos
  /// that cannot be read are left out. Error: fewer than two could be.
  double accuracy(const VisionTransformer& encoder) const;

 private:
  VideoList videos_;
  ClipSampling sampling_;
  std::int64_t size_;
};

/// Ridge regression in its dual form: with the rows of `known` [n, width] labelled, which label each row of `asked`
/// gets. Features are centred and scaled by the deviations of `known`; the ridge is a hundredth of the mean squared
/// norm.
std::vector<std::int64_t> ridge_labels(const Tensor& known, std::span<const std::int64_t> labels, const Tensor& asked,
                                       std::int64_t classes);

}  // namespace sequent
