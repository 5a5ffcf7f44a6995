// What decides the shape of a language model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/mixers/catalog.h"
#include "sequent/nn/channel_mixer.h"

namespace sequent {

/// One block: norm, sequence mixer, residual; then, unless channel_mixer is "none", norm, channel mixer, residual.
struct BlockConfig {
  std::string mixer;          // a name of mixers()
  std::string channel_mixer;  // a name of channel_mixers()
};

struct LanguageModelConfig {
  std::int64_t vocabulary = 0;
  std::int64_t width = 0;
  std::vector<BlockConfig> blocks;
  MixerConfigs mixers;
  ChannelMixerConfig channel_mixer;
  float norm_epsilon = 1e-5f;
  bool tied = true;  // the output projection is the embedding
  float embedding_deviation = 0.02f;
  std::int64_t context = 0;       // tokens it was trained on at a time; 0 unknown. Not a limit.
  std::int64_t end_of_text = -1;  // token id, or -1
};

/// Throws unless every size is positive and every name known.
void validate(const LanguageModelConfig& config);

}  // namespace sequent
