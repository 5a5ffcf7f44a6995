#include "sequent/models/encoder_decoder_config.h"

#include <utility>

#include "sequent/base/error.h"

namespace sequent {

void validate(const EncoderDecoderConfig& config) {
  for (const auto& [what, value] : {std::pair<const char*, std::int64_t>{"vocabulary", config.vocabulary},
                                    {"width", config.width},
                                    {"the number of encoder layers", static_cast<std::int64_t>(config.encoder.size())},
                                    {"the number of decoder layers", static_cast<std::int64_t>(config.decoder.size())},
                                    {"heads", config.attention.heads},
                                    {"head width", config.attention.head_width},
                                    {"feed-forward width", config.channel_mixer.hidden_width}}) {
    check(value > 0, "model: {} must be positive, got {}", what, value);
  }
  check(config.attention.key_value_heads == config.attention.heads,
        "model: an encoder-decoder has as many key-value heads as heads, got {} and {}",
        config.attention.key_value_heads, config.attention.heads);
  for (const auto& [what, token] : {std::pair<const char*, std::int64_t>{"the start token", config.start_token},
                                    {"the end-of-text token", config.end_of_text}}) {
    check(token >= 0 && token < config.vocabulary, "model: {} must be inside the vocabulary of {}, got {}", what,
          config.vocabulary, token);
  }
  for (const auto* stack : {&config.encoder, &config.decoder}) {
    for (const std::string& name : *stack) channel_mixer(name);
  }
  for (const bool bidirectional : {true, false}) {
    RelativeBuckets buckets = config.positions;
    buckets.bidirectional = bidirectional;
    validate(buckets);
  }
}

}  // namespace sequent
