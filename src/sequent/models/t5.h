// What T5 and Switch Transformers share: keys of config.json, names and sizes. Private to this room.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "sequent/models/dimensions.h"
#include "sequent/models/encoder_decoder_config.h"
#include "sequent/models/layout.h"

namespace sequent {

/// How fresh weights start and scores are scaled, which follows from the sizes (transformers' initialisation).
void t5_fresh(EncoderDecoderConfig& config);

/// Sizes of a new dense model, of either family.
EncoderDecoderConfig t5_preset(const Dimensions& dimensions);

/// The number of blocks of each stack.
struct T5Layers {
  std::int64_t encoder;
  std::int64_t decoder;
};
T5Layers t5_layers(const nlohmann::json& config);

/// The keys that both families have; the channel mixer of the dense blocks is left in `dense`.
EncoderDecoderConfig t5_read(const nlohmann::json& config, std::string& dense);
nlohmann::json t5_write(const EncoderDecoderConfig& config);

/// The names of everything but channel mixers, then those of the channel mixers given.
std::vector<NameRule> t5_names(std::span<const NameRule> channel_mixers);

}  // namespace sequent
