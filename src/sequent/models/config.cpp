#include "sequent/models/config.h"

#include <utility>

#include "sequent/base/error.h"

namespace sequent {

void validate(const LanguageModelConfig& config) {
  const auto positive = [](const char* what, std::int64_t value) {
    check(value > 0, "model: {} must be positive, got {}", what, value);
  };
  positive("vocabulary", config.vocabulary);
  positive("width", config.width);
  positive("the number of layers", static_cast<std::int64_t>(config.blocks.size()));
  check(config.end_of_text < config.vocabulary, "model: end-of-text token {} is outside the vocabulary of {}",
        config.end_of_text, config.vocabulary);
  for (const BlockConfig& block : config.blocks) {
    mixer(block.mixer);
    channel_mixer(block.channel_mixer);
    if (block.mixer == "attention") {
      const AttentionConfig& attention = config.mixers.attention;
      positive("heads", attention.heads);
      positive("key-value heads", attention.key_value_heads);
      positive("head width", attention.head_width);
      check(attention.heads % attention.key_value_heads == 0,
            "model: key-value heads must divide heads, got {} and {}", attention.key_value_heads, attention.heads);
      check(attention.rope_base == 0 || attention.head_width % 2 == 0,
            "model: rotary positions need an even head width, got {}", attention.head_width);
    }
    if (block.mixer == "mamba") {
      const MambaConfig& mamba = config.mixers.mamba;
      positive("inner width", mamba.inner_width);
      positive("state size", mamba.states);
      positive("convolution taps", mamba.taps);
      positive("delta rank", mamba.delta_rank);
    }
    if (block.channel_mixer != "none") positive("feed-forward width", config.channel_mixer.hidden_width);
  }
}

}  // namespace sequent
