// What decides the shape of a V-JEPA model, and the published sizes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "sequent/models/video_predictor.h"

namespace sequent {

/// What the predictor predicts at the hidden places.
enum class VideoTarget : std::uint8_t {
  features,  // of the target encoder, a moving average of the encoder
  pixels,    // of the tubelet, normalised by their own mean and deviation (He et al., "Masked autoencoders", 2022)
};
inline constexpr std::array<std::string_view, 2> kVideoTargetNames = {"features", "pixels"};

struct VJepaConfig {
  VisionTransformerConfig encoder;
  VideoPredictorConfig predictor;
  VideoTarget target = VideoTarget::features;

  void validate() const;
  /// Numbers that are predicted for each token.
  std::int64_t outputs() const {
    return target == VideoTarget::features ? encoder.blocks.width : encoder.tubelet_pixels();
  }
};

/// A Vision Transformer of a published size.
struct VisionSize {
  std::string_view name;
  std::int64_t width;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t hidden_width;
};

/// tiny, small, base, large, huge, giant.
std::span<const VisionSize> vision_sizes();
/// The size of that name; an unknown one is an Error that lists those there are.
const VisionSize& vision_size(std::string_view name);
/// The published size of that width; null if there is none.
const VisionSize* vision_size_of_width(std::int64_t width);

/// An encoder of that size for clips of 16 frames of 224 by 224, and its predictor of 12 layers of width 384, which has
/// as many heads as the encoder.
VJepaConfig vjepa_of_size(std::string_view name);

}  // namespace sequent
