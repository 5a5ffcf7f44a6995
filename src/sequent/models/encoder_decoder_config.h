// What decides the shape of an encoder-decoder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/mixers/attention.h"
#include "sequent/nn/channel_mixer.h"
#include "sequent/nn/relative_bias.h"

namespace sequent {

struct EncoderDecoderConfig {
  std::int64_t vocabulary = 0;
  std::int64_t width = 0;
  std::vector<std::string> encoder;  // the channel mixer of each block, names of channel_mixers()
  std::vector<std::string> decoder;
  AttentionConfig attention;     // of self- and cross-attention; whether causal is decided by the stack
  RelativeBuckets positions;     // of the self-attention of both stacks; in which directions is decided by the stack
  float bias_deviation = 0.02f;  // of its fresh weights
  ChannelMixerConfig channel_mixer;
  float norm_epsilon = 1e-6f;
  bool tied = true;  // the output projection is the embedding, and what it is applied to is scaled by width^-1/2
  float embedding_deviation = 1.0f;
  std::int64_t context = 0;      // encoder tokens it was trained on at a time; 0 unknown. Not a limit.
  std::int64_t start_token = 0;  // what the decoder reads first
  std::int64_t end_of_text = 1;  // what ends inputs and outputs
  std::int64_t padding = 0;      // never read; kept for other programs
};

/// Throws unless every size is positive, every name known and every token inside the vocabulary.
void validate(const EncoderDecoderConfig& config);

}  // namespace sequent
