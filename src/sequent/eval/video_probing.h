// How much of what videos show can be read off frozen features: a probe trained on labelled videos and tested on others
// (Bardes et al., "Revisiting feature prediction for learning visual representations from video", 2024, section 4).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sequent/base/fields.h"
#include "sequent/eval/video_features.h"
#include "sequent/models/video_probe.h"
#include "sequent/video/video_list.h"

namespace sequent {

/// The features of labelled videos, computed once: the encoder is frozen.
struct LabelledFeatures {
  struct Video {
    std::vector<Tensor> views;  // [tokens of all clips, width] each
    std::int32_t label;
  };
  std::vector<Video> videos;
  std::vector<std::string> labels;  // by number; may be empty
  std::int64_t skipped = 0;  // that could not be read
};

/// Where `pooled`, one token per video stands for all, their mean: all that average pooling needs. `warn` is told of
/// videos that cannot be read, `progress` of how many are done; it returns false to stop.
LabelledFeatures labelled_features(const VisionTransformer& encoder, const VideoList& videos,
                                   const VideoFeatureSettings& settings, bool pooled,
                                   const std::function<void(const std::string&)>& warn,
                                   const std::function<bool(std::int64_t)>& progress);

struct ProbingSettings {
  VideoPooling pooling = VideoPooling::attentive;
  std::int64_t epochs = 20;
  std::int64_t batch = 16;     // videos
  double lr = 1e-3;            // falls to 0 along a cosine
  double weight_decay = 0.01;  // falls to 1e-6 along a cosine
  double clip = 1.0;           // norm of the gradients
  bool raw_features = false;   // as published; otherwise each channel is standardised over the training videos
  std::int64_t seed = 1;

  std::vector<Field> fields();
  void validate() const;
};

/// Trains a fresh probe with AdamW. Each epoch has every video once, in an order of its own. `report` is told after
/// each step how many are done of how many, and the loss; it returns false to stop.
std::unique_ptr<VideoProbe> train_video_probe(
    const LabelledFeatures& training, std::int64_t classes, const VisionTransformerConfig& encoder,
    const ProbingSettings& settings,
    const std::function<bool(std::int64_t done, std::int64_t total, double loss)>& report);

struct ProbeResult {
  std::int64_t videos = 0;
  std::int64_t right = 0;
  /// confusion[truth][predicted]
  std::vector<std::vector<std::int64_t>> confusion;

  double accuracy() const { return videos == 0 ? 0 : static_cast<double>(right) / static_cast<double>(videos); }
};

/// The class of each video is the one with the largest mean probability over the views.
ProbeResult test_video_probe(const VideoProbe& probe, const LabelledFeatures& test);

}  // namespace sequent
