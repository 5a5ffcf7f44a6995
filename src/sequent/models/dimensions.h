// The sizes of every mixer and channel mixer from the few that a user asks for, in one place for all architectures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/models/config.h"

namespace sequent {

/// What a user may ask of a new model; 0 leaves it to the architecture.
struct Dimensions {
  std::int64_t parameters = 0;  // aim for about this many
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;
  std::int64_t feed_forward = 0;
  std::int64_t state = 0;
  std::int64_t vocabulary = 0;  // required
  std::int64_t context = 0;
  std::int64_t end_of_text = -1;
  std::int64_t experts = 0;  // of a mixture of experts
  std::int64_t experts_per_token = 0;
  // Policies of mixtures of experts (see nn/mixture_config.h); negative leaves them to the architecture.
  double capacity_factor = -1;  // 0: no limit
  double eval_capacity_factor = -1;
  double balance_loss = -1;
  double router_z_loss = -1;
  double jitter = -1;
  double expert_dropout = -1;
  std::string pattern = {};  // blocks instead of the architecture's, see models/pattern.h
};

/// Whether a block has a channel mixer beside its sequence mixer: a model without has twice the blocks.
enum class Depth : std::uint8_t { two_mixers, one_mixer };

/// The number of layers asked for, or one that suits the number of parameters asked for.
std::int64_t layers_of(const Dimensions& dimensions, Depth depth = Depth::two_mixers);

/// Changes what is asked for of a mixture of experts.
void size_mixture(MixtureConfig& mixture, const Dimensions& dimensions);

/// A model of these blocks, or of those of dimensions.pattern: every mixer and channel mixer in it gets its sizes.
/// Where nothing else is asked for, mixtures of experts are like `mixture`.
LanguageModelConfig sized(std::vector<BlockConfig> blocks, const Dimensions& dimensions,
                          const MixtureConfig& mixture = top_k_mixture());

}  // namespace sequent
