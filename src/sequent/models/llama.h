// What the layouts that descend from Llama's share with it.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>

#include "sequent/models/layout.h"

namespace sequent {

/// As LlamaForCausalLM: blocks of attention with rotary positions and SwiGLU.
LanguageModelConfig read_llama(const nlohmann::json& json);
nlohmann::json write_llama(const LanguageModelConfig& config);

/// The names of everything but the channel mixers.
inline constexpr std::array<NameRule, 9> kLlamaNames = {{
    {"embedding.weight", "model.embed_tokens.weight"},
    {"layers.{}.norm.weight", "model.layers.{}.input_layernorm.weight"},
    {"layers.{}.mixer.q_proj.{}", "model.layers.{}.self_attn.q_proj.{}"},
    {"layers.{}.mixer.k_proj.{}", "model.layers.{}.self_attn.k_proj.{}"},
    {"layers.{}.mixer.v_proj.{}", "model.layers.{}.self_attn.v_proj.{}"},
    {"layers.{}.mixer.o_proj.{}", "model.layers.{}.self_attn.o_proj.{}"},
    {"layers.{}.channel_norm.weight", "model.layers.{}.post_attention_layernorm.weight"},
    {"final_norm.weight", "model.norm.weight"},
    {"projection.weight", "lm_head.weight"},
}};

/// Both tables as one.
template <std::size_t A, std::size_t B>
constexpr std::array<NameRule, A + B> joined(const std::array<NameRule, A>& a, const std::array<NameRule, B>& b) {
  std::array<NameRule, A + B> all = {};
  for (std::size_t i = 0; i < A; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = b[i];
  return all;
}

}  // namespace sequent
