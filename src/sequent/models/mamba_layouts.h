// What the layouts of Mamba and Mamba-2 share.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "sequent/models/layout.h"

namespace sequent {

// Of both architectures: a rule for a tensor that a model has not finds nothing. The original code has an embedding,
// Hugging Face's embeddings; each reads both. The first name is the one written, so the original's table begins a row
// earlier than the other.
inline constexpr std::array<NameRule, 16> kMambaNames = {{
    {"embedding.weight", "backbone.embedding.weight"},
    {"embedding.weight", "backbone.embeddings.weight"},
    {"embedding.weight", "backbone.embedding.weight"},
    {"layers.{}.norm.weight", "backbone.layers.{}.norm.weight"},
    {"layers.{}.mixer.in_proj.{}", "backbone.layers.{}.mixer.in_proj.{}"},
    {"layers.{}.mixer.conv1d.weight", "backbone.layers.{}.mixer.conv1d.weight", NameRule::Layout::depthwise},
    {"layers.{}.mixer.conv1d.bias", "backbone.layers.{}.mixer.conv1d.bias"},
    {"layers.{}.mixer.x_proj.weight", "backbone.layers.{}.mixer.x_proj.weight"},
    {"layers.{}.mixer.dt_proj.{}", "backbone.layers.{}.mixer.dt_proj.{}"},
    {"layers.{}.mixer.dt_bias", "backbone.layers.{}.mixer.dt_bias"},
    {"layers.{}.mixer.A_log", "backbone.layers.{}.mixer.A_log"},
    {"layers.{}.mixer.D", "backbone.layers.{}.mixer.D"},
    {"layers.{}.mixer.norm.weight", "backbone.layers.{}.mixer.norm.weight"},
    {"layers.{}.mixer.out_proj.{}", "backbone.layers.{}.mixer.out_proj.{}"},
    {"final_norm.weight", "backbone.norm_f.weight"},
    {"projection.weight", "lm_head.weight"},
}};
inline constexpr std::span<const NameRule> kStateSpacesNames = kMambaNames;
inline constexpr std::span<const NameRule> kHuggingFaceMambaNames = kStateSpacesNames.subspan(1);

/// A pair of numbers, of which the second may be infinite; without the key there are no limits.
StepLimits read_step_limits(const nlohmann::json& object, const char* key);

}  // namespace sequent
