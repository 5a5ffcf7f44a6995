// Scaled rotary positions as published files have them: in a config.json, and in GGUF. Private to this room.
#pragma once

#include <nlohmann/json.hpp>

#include "sequent/mixers/attention.h"
#include "sequent/models/gguf_exchange.h"

namespace sequent {

/// `rope_scaling` of a config.json, or what newer ones have within `rope_parameters`. Kinds and keys that would change
/// the result in ways that are not computed are Errors.
RotaryScaling read_rotary_scaling(const nlohmann::json& config);
/// The value of `rope_scaling`; null for none.
nlohmann::json write_rotary_scaling(const RotaryScaling& scaling);

/// Both directions. Llama 3's kind stands there as a tensor, what each frequency is divided by, from which its settings
/// cannot be told: without keys of our own beside it, it must be the published ones'. `context`: the length trained
/// for.
void describe_rotary_scaling(GgufExchange& values, AttentionConfig& attention, std::int64_t context);

}  // namespace sequent
