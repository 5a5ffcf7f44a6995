// What an encoder makes of videos: features of every token or of the whole, and a picture of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/models/vision_transformer.h"
#include "sequent/video/clips.h"

namespace sequent {

struct VideoFeatureSettings {
  /// Frames, and how many clips of a video: from its beginning where there is one, else one from each of equal parts.
  ClipSampling sampling;
  std::int64_t size = 224;  // height and width of the clips
  std::int64_t views = 1;   // of each clip, see video/transform.h
  std::uint64_t seed = 1;   // where the sampling is random
};

/// Settings for an encoder: clips as it was made for, from fixed places.
VideoFeatureSettings feature_settings(const VisionTransformerConfig& encoder);

/// Features of one video, view by view: [clips, depth, height, width, channels].
std::vector<Tensor> video_features(const VisionTransformer& encoder, const std::string& path,
                                   const VideoFeatureSettings& settings);

/// The mean over all but the channels: [channels].
Tensor mean_feature(const Tensor& features);

/// A picture of a clip and of its features [depth, height, width, channels]: above, the first frame of each tubelet as
/// the encoder sees it; below, the first three principal components of all its tokens as red, green and blue.
/// clip: [3, frames, size, size] as a model reads it -> [2 size, depth * size, 3], u8.
Tensor feature_map(const Tensor& clip, const Tensor& features, const TubeletSize& tubelet);

}  // namespace sequent
