#include "sequent/models/vjepa.h"

#include <cmath>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/layer_norm.h"
#include "sequent/ops/power_error.h"
#include "sequent/ops/rows.h"

namespace sequent {
namespace {

constexpr float kFeatureEpsilon = 1e-5f;
constexpr float kPixelEpsilon = 1e-6f;

// The pixels of every token, less their mean and over the root of their variance (over N - 1) plus epsilon.
Tensor normalised_pixels(const Tensor& clips, const TubeletSize& size) {
  const Tensor pixels = tubelets(clips, size, TokenSets::all(clips.size(0), grid_of(clips, size)));
  const auto count = static_cast<float>(pixels.columns());
  const float unbiased = (count - 1) / count;
  const Tensor weight = Tensor::full({pixels.columns()}, std::sqrt(unbiased));
  return layer_norm(pixels, weight, {}, kPixelEpsilon * unbiased).value();
}

// The value of a parameter as memory to write: weights that lie in a file are copied first.
Tensor writable(const Var& parameter) {
  if (!parameter.value().unique()) parameter.rebind(parameter.value().clone());
  return parameter.value();
}

// Rows of [clips * tokens, ...] that are the tokens of the sets, one set per clip.
std::vector<std::int32_t> rows_of(const TokenSets& sets, std::int64_t tokens) {
  std::vector<std::int32_t> rows;
  for (std::int64_t set = 0; set < sets.count(); ++set) {
    for (const std::int32_t id : sets.of(set)) rows.push_back(static_cast<std::int32_t>(set * tokens) + id);
  }
  return rows;
}

}  // namespace

VJepa::VJepa(const VJepaConfig& config, ParameterSource& source)
    : config_((config.validate(), config)),
      parameters_(source),
      target_parameters_(source),
      encoder_(config.encoder, "encoder", ParameterScope(parameters_)("encoder")),
      predictor_(config.predictor, config.encoder, config.outputs(), ParameterScope(parameters_)("predictor")) {
  if (config.target != VideoTarget::features) return;
  const ParameterScope scope = ParameterScope(target_parameters_)("target_encoder");
  target_encoder_ = std::make_unique<VisionTransformer>(config.encoder, "target_encoder", scope);
}

Tensor VJepa::targets(const Tensor& clips, const VisionOptions& options) const {
  const Tape::Pause pause;
  if (!target_encoder_) return normalised_pixels(clips, config_.encoder.tubelet);
  const Tensor features = target_encoder_->forward(clips, options).value();
  return layer_norm(features, Tensor::full({features.columns()}, 1.0f), {}, kFeatureEpsilon).value();
}

VJepa::Step VJepa::step(const Tensor& clips, std::span<const MaskPair> masks, float exponent,
                        const VisionOptions& options) const {
  check(!masks.empty(), "V-JEPA: there must be at least one pair of masks, got none");
  const TokenGrid grid = grid_of(clips, config_.encoder.tubelet);
  std::vector<TokenSets> context_parts, target_parts;
  std::vector<std::int64_t> mask_tokens;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    check(masks[i].context.count() == clips.size(0) && masks[i].target.count() == clips.size(0),
          "V-JEPA: masks must have a set for each of {} clips, got {} contexts and {} targets", clips.size(0),
          masks[i].context.count(), masks[i].target.count());
    context_parts.push_back(masks[i].context);
    target_parts.push_back(masks[i].target);
    mask_tokens.insert(mask_tokens.end(), static_cast<std::size_t>(clips.size(0)), static_cast<std::int64_t>(i));
  }
  const TokenSets contexts = TokenSets::concat(context_parts), hidden = TokenSets::concat(target_parts);
  check_token_sets("V-JEPA", hidden, grid);

  Step step;
  step.targets = targets(clips, options);
  const Var encoded = encoder_.forward(clips, contexts, options);
  const Var predicted = predictor_.forward(encoded, contexts, hidden, mask_tokens, grid, options);
  std::int64_t from = 0;
  for (const TokenSets& part : target_parts) {
    const std::int64_t count = part.segments.tokens();
    const Tensor wanted = embedding(rows_of(part, grid.tokens()), step.targets).value();
    const Var loss = power_error(slice_rows(predicted, from, from + count), wanted, exponent);
    step.loss = step.loss.defined() ? add(step.loss, loss) : loss;
    from += count;
  }
  step.loss = scale(step.loss, 1.0f / static_cast<float>(masks.size()));
  step.context_features = encoded.value();
  step.context_sets = contexts.segments;
  step.predictions = predicted.value();
  return step;
}

void VJepa::update_target(float momentum) {
  check(momentum >= 0.0f && momentum <= 1.0f, "V-JEPA: momentum must be from 0 to 1, got {}", momentum);
  // The encoder's parameters are the first of those trained, in the same order.
  for (std::size_t i = 0; i < target_parameters_.all().size(); ++i) {
    const Tensor target = writable(target_parameters_.all()[i].var);
    kernels::moving_average(kernels::Cpu{}, {.x = parameters_.all()[i].var.value().floats(),
                                             .y = target.mutable_floats(),
                                             .momentum = momentum,
                                             .count = target.elements()});
  }
}

void VJepa::reset_target() {
  for (std::size_t i = 0; i < target_parameters_.all().size(); ++i) {
    writable(target_parameters_.all()[i].var).copy_from(parameters_.all()[i].var.value());
  }
}

}  // namespace sequent
