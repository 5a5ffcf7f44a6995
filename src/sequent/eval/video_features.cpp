#include "sequent/eval/video_features.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/eval/principal_components.h"
#include "sequent/models/video_probe.h"
#include "sequent/video/clip_dataset.h"
#include "sequent/video/transform.h"

namespace sequent {
namespace {

std::uint8_t to_level(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value * 255), 0L, 255L));
}

}  // namespace

VideoFeatureSettings feature_settings(const VisionTransformerConfig& encoder) {
  VideoFeatureSettings settings;
  settings.sampling.frames = encoder.frames;
  settings.sampling.random = false;
  settings.sampling.overlap = true;
  settings.size = encoder.image_size;
  return settings;
}

std::vector<Tensor> video_features(const VisionTransformer& encoder, const std::string& path,
                                   const VideoFeatureSettings& settings) {
  const Random random(settings.seed, Random::stream_of(path));
  const auto views = evaluation_clips(path, settings.sampling, settings.size, settings.views, random);
  std::vector<Tensor> features;
  for (const std::vector<Tensor>& clips : views) {
    const auto count = static_cast<std::int64_t>(clips.size());
    const Shape one = clips.front().shape();
    const Tensor batch = Tensor::empty({count, one[0], one[1], one[2], one[3]});
    for (std::int64_t i = 0; i < count; ++i) batch.slice(i, i + 1).copy_from(clips[static_cast<std::size_t>(i)]);
    const TokenGrid grid = grid_of(batch, encoder.config().tubelet);
    const Tensor tokens = encoder.forward(batch).value();
    features.push_back(tokens.reshape({count, grid.depth, grid.height, grid.width, tokens.columns()}));
  }
  return features;
}

Tensor mean_feature(const Tensor& features) {
  const std::int64_t channels = features.columns();
  return mean_of_sets(features.reshape({features.rows(), channels}), Segments::single(features.rows()))
      .reshape({channels});
}

Tensor feature_map(const Tensor& clip, const Tensor& features, const TubeletSize& tubelet) {
  const std::int64_t size = clip.size(3), depth = features.size(0), height = features.size(1), width = features.size(2);
  check(clip.size(2) == size && height * tubelet.patch == size && width * tubelet.patch == size,
        "feature map: features {} must be of the clip {}", to_string(features.shape()), to_string(clip.shape()));
  const Tensor components = principal_components(features.reshape({features.rows(), features.columns()}), 3);
  std::array<double, 3> deviation = {};
  for (std::int64_t i = 0; i < components.elements(); ++i) {
    const double value = static_cast<double>(components.floats()[i]);
    deviation[static_cast<std::size_t>(i % 3)] += value * value / static_cast<double>(components.rows());
  }
  for (double& value : deviation) value = std::max(std::sqrt(value), 1e-12);
  const Tensor picture = Tensor::empty({2 * size, depth * size, 3}, DType::u8);
  std::uint8_t* to = picture.mutable_data<std::uint8_t>();
  for (std::int64_t y = 0; y < size; ++y) {
    for (std::int64_t x = 0; x < depth * size; ++x) {
      const std::int64_t d = x / size, column = x % size;
      const std::int64_t token = (d * height + y / tubelet.patch) * width + column / tubelet.patch;
      for (std::int64_t c = 0; c < 3; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        const float pixel = clip.floats()[((c * clip.size(1) + d * tubelet.frames) * size + y) * size + column];
        to[(y * depth * size + x) * 3 + c] =
            to_level(static_cast<double>(pixel * kImageDeviation[channel] + kImageMean[channel]));
        // Two deviations either way use the whole range.
        const double along = static_cast<double>(components.floats()[token * 3 + c]) / deviation[channel];
        to[((size + y) * depth * size + x) * 3 + c] = to_level(0.5 + 0.25 * along);
      }
    }
  }
  return picture;
}

}  // namespace sequent
