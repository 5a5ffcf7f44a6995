// V-JEPA: an encoder of video that learns by predicting, from a part of a clip, what a moving average of itself makes
// of the rest (Bardes et al., "Revisiting feature prediction for learning visual representations from video", 2024).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sequent/models/vjepa_config.h"

namespace sequent {

class VJepa {
 public:
  /// One constructor for fresh and for loaded weights: the source decides. Fresh targets are set by reset_target().
  VJepa(const VJepaConfig& config, ParameterSource& source);
  VJepa(const VJepa&) = delete;
  VJepa& operator=(const VJepa&) = delete;

  /// What the predictor is to give for every token of each clip, [clips * tokens, config().outputs()], a constant:
  /// the target encoder's features or the pixels, either normalised over each token (features with epsilon 1e-5 and the
  /// variance over N, pixels with 1e-6 and over N - 1).
  Tensor targets(const Tensor& clips, const VisionOptions& options = {}) const;

  struct Step {
    Var loss;  // one element
    /// What the context encoder gave for the contexts of all masks, [tokens, width], and their sets.
    Tensor context_features;
    Segments context_sets;
    Tensor targets;      // of every token of each clip
    Tensor predictions;  // for the targets of all masks
  };
  /// The loss of a batch: for each pair of masks mean(|prediction - target|^exponent) / exponent over all numbers
  /// predicted, then the mean over the pairs. Set i of each pair belongs to clip i, and pair j has mask token j. The
  /// contexts of all pairs go through the encoder as one batch.
  Step step(const Tensor& clips, std::span<const MaskPair> masks, float exponent = 1.0f,
            const VisionOptions& options = {}) const;

  /// Target encoder = momentum * target encoder + (1 - momentum) * encoder; nothing where pixels are the target.
  void update_target(float momentum);
  /// Target encoder = encoder.
  void reset_target();

  const VisionTransformer& encoder() const { return encoder_; }
  const VideoPredictor& predictor() const { return predictor_; }
  /// The encoder to use: the target encoder where there is one, otherwise the one that is trained.
  const VisionTransformer& features() const { return target_encoder_ ? *target_encoder_ : encoder_; }

  const VJepaConfig& config() const { return config_; }
  /// Of encoder and predictor, names "encoder.*" and "predictor.*": what is trained.
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  /// Of the target encoder, names "target_encoder.*": what follows. Empty where pixels are the target.
  const Parameters& target_parameters() const { return target_parameters_; }

 private:
  VJepaConfig config_;
  Parameters parameters_;
  Parameters target_parameters_;
  VisionTransformer encoder_;
  VideoPredictor predictor_;
  std::unique_ptr<VisionTransformer> target_encoder_;
};

}  // namespace sequent
