// What decides the shape of a language model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/mixers/catalog.h"
#include "sequent/nn/channel_mixer.h"
#include "sequent/nn/norm.h"

namespace sequent {

/// One block: norm, sequence mixer, residual; then, unless channel_mixer is "none", norm, channel mixer, residual.
struct BlockConfig {
  std::string mixer;          // a name of mixers()
  std::string channel_mixer;  // a name of channel_mixers()

  bool operator==(const BlockConfig&) const = default;
};

/// Far beyond every model there is; a mistyped number should not fill the memory.
inline constexpr std::int64_t kMaximumLayers = 4096;

/// `count` equal blocks; none where it is negative.
std::vector<BlockConfig> repeated(const BlockConfig& block, std::int64_t count);

struct LanguageModelConfig {
  std::int64_t vocabulary = 0;
  std::int64_t width = 0;
  std::vector<BlockConfig> blocks;
  MixerConfigs mixers;
  ChannelMixerConfig channel_mixer;
  NormKind norm = NormKind::rms_norm;
  float norm_epsilon = 1e-5f;
  bool tied = true;              // the output projection is the embedding
  std::int64_t positions = 0;    // learned ones, added to the embedding; no sequence can be longer. 0: none
  float embedding_scale = 1.0f;  // factor of what the embedding gives to the first block
  float embedding_deviation = 0.02f;
  std::int64_t context = 0;       // tokens it was trained on at a time; 0 unknown. Not a limit.
  std::int64_t end_of_text = -1;  // token id, or -1
  std::string architecture;       // what people call it: a name of architectures(), or another

  /// Everything but blocks, mixers and channel_mixer.
  std::vector<Field> fields();
};

/// Some settings of a model, and what they belong to ("" for the model itself).
struct FieldGroup {
  std::string_view name;
  std::vector<Field> fields;
};
/// All settings but the blocks: those of the model, of each mixer that a block uses, "channel_mixer" and "mixture"
/// where one is.
std::vector<FieldGroup> field_groups(LanguageModelConfig& config);

/// Whether both make models with the same parameters that compute the same.
bool same_function(LanguageModelConfig a, LanguageModelConfig b);

/// Throws unless every size is positive and every name known.
void validate(const LanguageModelConfig& config);

}  // namespace sequent
