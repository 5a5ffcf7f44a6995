#include "sequent/models/video_probe.h"

#include <cmath>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/ops/attention.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"

namespace sequent {
namespace {

Linear projection(std::int64_t inputs, std::int64_t outputs, float deviation, const ParameterScope& scope) {
  return {inputs, outputs, {.bias = true, .weight = initialize::normal(deviation)}, scope};
}

Tensor standardised(const Tensor& features, const Tensor& mean, const Tensor& scale) {
  const Tensor y = Tensor::empty(features.shape());
  const std::int64_t width = features.columns();
  parallel_for(0, features.rows(), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * width; i < end * width; ++i) {
      y.mutable_floats()[i] = (features.floats()[i] - mean.floats()[i % width]) * scale.floats()[i % width];
    }
  });
  return y;
}

}  // namespace

std::vector<Field> VideoProbeConfig::fields() {
  return {{"pooling", choice(pooling, kVideoPoolingNames)},
          {"classes", &classes},
          descriptive("labels", &labels),
          {"unused_projection", &unused_projection},
          {"standardised", &standardised}};
}

void VideoProbeConfig::validate() const {
  check(classes > 0, "video probe: there must be classes, got {}", classes);
  check(labels.empty() || static_cast<std::int64_t>(labels.size()) == classes,
        "video probe: there must be a label for each of {} classes, got {}", classes, labels.size());
  check(blocks.width > 0, "video probe: the width must be positive, got {}", blocks.width);
  if (pooling == VideoPooling::average) return;
  VisionBlocksConfig with_layers = blocks;
  with_layers.layers += 1;  // of the query
  with_layers.validate("video probe");
}

class VideoProbe::Pooler {
 public:
  Pooler(const VideoProbeConfig& config, const ParameterScope& scope)
      : heads_(config.blocks.heads),
        query_(scope.parameter("query_tokens", {1, 1, config.blocks.width},
                               initialize::normal(config.blocks.weight_deviation), /*decay=*/true)),
        blocks_(config.blocks, "pooler", scope),
        norm_(config.blocks.width, config.blocks.norm_epsilon, scope("norm")),
        q_proj_(query_projection(vision_attention(config.blocks), config.blocks.width, scope("q_proj"))),
        k_proj_(key_value_projection(vision_attention(config.blocks), config.blocks.width, scope("k_proj"))),
        v_proj_(key_value_projection(vision_attention(config.blocks), config.blocks.width, scope("v_proj"))),
        channel_norm_(config.blocks.width, config.blocks.norm_epsilon, scope("channel_norm")),
        channel_mixer_(vision_mlp(config.blocks), config.blocks.width, scope("channel_mixer")) {
    // Made for the sake of files, as is told at the setting.
    if (config.unused_projection) {
      output_projection(vision_attention(config.blocks), config.blocks.width, scope("unused_projection"));
    }
  }

  Var forward(const Var& features, const Segments& videos) const {
    const Var x = norm_(blocks_.forward(features, videos, nullptr, {}));
    const std::vector<std::int32_t> of_each(static_cast<std::size_t>(videos.count()), 0);
    const Var q = embedding(of_each, query_);
    const Var seen = attention(q_proj_(q), k_proj_(x), v_proj_(x), Segments::uniform(videos.count(), 1), videos,
                               {.heads = heads_, .key_value_heads = heads_, .causal = false});
    const Var pooled = add(q, seen);
    return add(pooled, channel_mixer_.forward(channel_norm_(pooled)));
  }

 private:
  std::int64_t heads_;
  Var query_;
  VisionBlocks blocks_;
  LayerNorm norm_;
  Linear q_proj_;
  Linear k_proj_;
  Linear v_proj_;
  LayerNorm channel_norm_;
  Mlp channel_mixer_;
};

VideoProbe::VideoProbe(const VideoProbeConfig& config, ParameterSource& source)
    : config_((config.validate(), config)),
      parameters_(source),
      pooler_(config.pooling == VideoPooling::attentive
                  ? std::make_shared<const Pooler>(config, ParameterScope(parameters_))
                  : nullptr),
      classifier_(projection(config.blocks.width, config.classes, config.blocks.weight_deviation,
                             ParameterScope(parameters_)("classifier"))) {
  if (!config.standardised) return;
  const ParameterScope scope(parameters_);
  mean_ = scope.parameter("feature_mean", {config.blocks.width}, initialize::constant(0), /*decay=*/false);
  scale_ = scope.parameter("feature_scale", {config.blocks.width}, initialize::constant(1), /*decay=*/false);
}

Var VideoProbe::logits(const Var& features, const Segments& videos) const {
  expect_shape("video probe", "features", features.value(), {videos.tokens(), config_.blocks.width});
  const Var x = config_.standardised ? Var(standardised(features.value(), mean_.value(), scale_.value())) : features;
  return classifier_(pooler_ ? pooler_->forward(x, videos) : Var(mean_of_sets(x.value(), videos)));
}

void VideoProbe::standardise_by(std::span<const Tensor> features) {
  check(config_.standardised, "video probe: it takes features as they are");
  const auto width = static_cast<std::size_t>(config_.blocks.width);
  std::int64_t tokens = 0;
  std::vector<double> sum(width), squares(width);
  for (const Tensor& each : features) {
    expect_shape("video probe", "features", each, {each.rows(), config_.blocks.width});
    tokens += each.rows();
    for (std::int64_t i = 0; i < each.elements(); ++i) {
      const double value = each.floats()[i];
      sum[static_cast<std::size_t>(i) % width] += value;
      squares[static_cast<std::size_t>(i) % width] += value * value;
    }
  }
  check(tokens > 0, "video probe: there are no features to standardise by");
  for (std::size_t c = 0; c < width; ++c) {
    const double mean = sum[c] / static_cast<double>(tokens);
    const double variance = squares[c] / static_cast<double>(tokens) - mean * mean;
    mean_.value().mutable_floats()[c] = static_cast<float>(mean);
    // A channel that says nothing is left out: what differs in it is less than floats resolve.
    const bool says_something = variance > 1e-13 * mean * mean;
    scale_.value().mutable_floats()[c] = says_something ? static_cast<float>(1 / std::sqrt(variance)) : 0.0f;
  }
}

Tensor mean_of_sets(const Tensor& features, const Segments& sets) {
  const std::int64_t width = features.columns();
  expect_shape("mean of sets", "features", features, {sets.tokens(), width});
  const Tensor means = Tensor::zeros({sets.count(), width});
  parallel_for(0, sets.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t set = begin; set < end; ++set) {
      float* mean = means.mutable_floats() + set * width;
      for (std::int64_t token = sets.begin(set); token < sets.end(set); ++token) {
        const float* row = features.floats() + token * width;
        for (std::int64_t c = 0; c < width; ++c) mean[c] += row[c] / static_cast<float>(sets.length(set));
      }
    }
  });
  return means;
}

}  // namespace sequent
