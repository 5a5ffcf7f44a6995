// What is trained on top of a frozen encoder of video: a classifier of all tokens of a video (Bardes et al., 2024,
// section 4.1; Assran et al., "V-JEPA 2", 2025, section 4).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/vision_blocks.h"

namespace sequent {

enum class VideoPooling : std::uint8_t {
  attentive,  // a learned query attends to the tokens
  average,    // their mean
};
inline constexpr std::array<std::string_view, 2> kVideoPoolingNames = {"attentive", "average"};

struct VideoProbeConfig {
  VideoPooling pooling = VideoPooling::attentive;
  std::int64_t classes = 0;
  std::vector<std::string> labels = {};  // what the classes are called; empty: they have no names
  /// Sizes and epsilon of attentive pooling; `layers` blocks of self-attention come before the query: none in V-JEPA,
  /// some in V-JEPA 2. The width is that of the encoder in any case.
  VisionBlocksConfig blocks = {.norm_epsilon = 1e-5f};
  /// The published code of V-JEPA has an output projection after the query's attention and never applies it; with it,
  /// its files can be read and written.
  bool unused_projection = true;
  /// Each channel of the features is first brought to what standardise_by() was given: (x - mean) / deviation, as the
  /// linear probes of He et al., "Masked autoencoders...", 2021, section A.1 do. No published probe of video has it.
  bool standardised = false;

  /// Everything but blocks.
  std::vector<Field> fields();
  void validate() const;
};

/// logits = classifier(pool(features)). With q the query and x the features, after the self-attention:
///   q <- q + attention(W_q q, W_k norm(x), W_v norm(x)),   q <- q + MLP(channel_norm(q)).
class VideoProbe {
 public:
  /// Parameters query_tokens [1, 1, width], layers.i, norm, q_proj, k_proj, v_proj, unused_projection, channel_norm,
  /// channel_mixer, and classifier; where it is standardised also feature_mean and feature_scale, which no training
  /// changes.
  VideoProbe(const VideoProbeConfig& config, ParameterSource& source);

  /// features: [tokens of all videos, width], set i the tokens of video i -> [videos, classes].
  Var logits(const Var& features, const Segments& videos) const;

  /// Takes mean and deviation of each channel over these tokens, [tokens, width] each.
  void standardise_by(std::span<const Tensor> features);

  const VideoProbeConfig& config() const { return config_; }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  class Pooler;
  VideoProbeConfig config_;
  Parameters parameters_;
  std::shared_ptr<const Pooler> pooler_;  // null: the mean
  Linear classifier_;
  Var mean_, scale_;  // [width]; undefined where features are taken as they are
};

/// The mean of the tokens of each set: [tokens, width] -> [sets, width].
Tensor mean_of_sets(const Tensor& features, const Segments& sets);

}  // namespace sequent
