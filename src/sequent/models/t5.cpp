// T5 and T5 1.1 as T5ForConditionalGeneration (Raffel et al., 2020).
#include "sequent/models/t5.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/base/catalog.h"
#include "sequent/models/encoder_decoder_family.h"
#include "sequent/models/json_fields.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::array<NameRule, 24> kNames = {{
    {"embedding.weight", "shared.weight"},
    {"embedding.weight", "encoder.embed_tokens.weight"},
    {"embedding.weight", "decoder.embed_tokens.weight"},
    {"encoder.relative_bias.weight", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"},
    {"encoder.layers.{}.norm.weight", "encoder.block.{}.layer.0.layer_norm.weight"},
    {"encoder.layers.{}.mixer.q_proj.weight", "encoder.block.{}.layer.0.SelfAttention.q.weight"},
    {"encoder.layers.{}.mixer.k_proj.weight", "encoder.block.{}.layer.0.SelfAttention.k.weight"},
    {"encoder.layers.{}.mixer.v_proj.weight", "encoder.block.{}.layer.0.SelfAttention.v.weight"},
    {"encoder.layers.{}.mixer.o_proj.weight", "encoder.block.{}.layer.0.SelfAttention.o.weight"},
    {"encoder.layers.{}.channel_norm.weight", "encoder.block.{}.layer.1.layer_norm.weight"},
    {"encoder.final_norm.weight", "encoder.final_layer_norm.weight"},
    {"decoder.relative_bias.weight", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"},
    {"decoder.layers.{}.norm.weight", "decoder.block.{}.layer.0.layer_norm.weight"},
    {"decoder.layers.{}.mixer.q_proj.weight", "decoder.block.{}.layer.0.SelfAttention.q.weight"},
    {"decoder.layers.{}.mixer.k_proj.weight", "decoder.block.{}.layer.0.SelfAttention.k.weight"},
    {"decoder.layers.{}.mixer.v_proj.weight", "decoder.block.{}.layer.0.SelfAttention.v.weight"},
    {"decoder.layers.{}.mixer.o_proj.weight", "decoder.block.{}.layer.0.SelfAttention.o.weight"},
    {"decoder.layers.{}.cross_norm.weight", "decoder.block.{}.layer.1.layer_norm.weight"},
    {"decoder.layers.{}.cross_attention.q_proj.weight", "decoder.block.{}.layer.1.EncDecAttention.q.weight"},
    {"decoder.layers.{}.cross_attention.k_proj.weight", "decoder.block.{}.layer.1.EncDecAttention.k.weight"},
    {"decoder.layers.{}.cross_attention.v_proj.weight", "decoder.block.{}.layer.1.EncDecAttention.v.weight"},
    {"decoder.layers.{}.cross_attention.o_proj.weight", "decoder.block.{}.layer.1.EncDecAttention.o.weight"},
    {"decoder.layers.{}.channel_norm.weight", "decoder.block.{}.layer.2.layer_norm.weight"},
    {"decoder.final_norm.weight", "decoder.final_layer_norm.weight"},
}};
constexpr NameRule kProjection = {"projection.weight", "lm_head.weight"};

constexpr std::array<NameRule, 4> kMlpNames = {{
    {"encoder.layers.{}.channel_mixer.up_proj.weight", "encoder.block.{}.layer.1.DenseReluDense.wi.weight"},
    {"encoder.layers.{}.channel_mixer.down_proj.weight", "encoder.block.{}.layer.1.DenseReluDense.wo.weight"},
    {"decoder.layers.{}.channel_mixer.up_proj.weight", "decoder.block.{}.layer.2.DenseReluDense.wi.weight"},
    {"decoder.layers.{}.channel_mixer.down_proj.weight", "decoder.block.{}.layer.2.DenseReluDense.wo.weight"},
}};
constexpr std::array<NameRule, 6> kGluNames = {{
    {"encoder.layers.{}.channel_mixer.gate_proj.weight", "encoder.block.{}.layer.1.DenseReluDense.wi_0.weight"},
    {"encoder.layers.{}.channel_mixer.up_proj.weight", "encoder.block.{}.layer.1.DenseReluDense.wi_1.weight"},
    {"encoder.layers.{}.channel_mixer.down_proj.weight", "encoder.block.{}.layer.1.DenseReluDense.wo.weight"},
    {"decoder.layers.{}.channel_mixer.gate_proj.weight", "decoder.block.{}.layer.2.DenseReluDense.wi_0.weight"},
    {"decoder.layers.{}.channel_mixer.up_proj.weight", "decoder.block.{}.layer.2.DenseReluDense.wi_1.weight"},
    {"decoder.layers.{}.channel_mixer.down_proj.weight", "decoder.block.{}.layer.2.DenseReluDense.wo.weight"},
}};

// The activation by its names in feed_forward_proj (after "gated-") and in dense_act_fn.
struct ActivationName {
  std::string_view name;
  Activation activation;
};
constexpr std::array<ActivationName, 4> kActivations = {{
    {"relu", Activation::relu},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu", Activation::gelu},
    {"silu", Activation::silu},
}};

std::string_view name_of(Activation activation) {
  return std::find_if(kActivations.begin(), kActivations.end(),
                      [&](const ActivationName& entry) { return entry.activation == activation; })
      ->name;
}

EncoderDecoderConfig preset(const Dimensions& d) {
  return t5_preset(d);
}

EncoderDecoderConfig read(const Json& json) {
  std::string dense;
  EncoderDecoderConfig config = t5_read(json, dense);
  const T5Layers layers = t5_layers(json);
  config.encoder.assign(static_cast<std::size_t>(layers.encoder), dense);
  config.decoder.assign(static_cast<std::size_t>(layers.decoder), dense);
  return config;
}

Json write(const EncoderDecoderConfig& config) {
  Json json = t5_write(config);
  const bool gated = config.encoder.front() == "glu";
  const std::string activation(name_of(config.channel_mixer.activation));
  // "gated-gelu" has always meant the tanh approximation.
  json["feed_forward_proj"] = gated ? "gated-" + (activation == "gelu_new" ? "gelu" : activation) : activation;
  json["is_gated_act"] = gated;
  json["architectures"] = {"T5ForConditionalGeneration"};
  json["model_type"] = "t5";
  return json;
}

std::span<const NameRule> names(const EncoderDecoderConfig& config) {
  static const std::vector<NameRule> mlp = t5_names(kMlpNames);
  static const std::vector<NameRule> glu = t5_names(kGluNames);
  return config.encoder.front() == "glu" ? glu : mlp;
}

}  // namespace

EncoderDecoderConfig t5_preset(const Dimensions& d) {
  EncoderDecoderConfig config;
  config.vocabulary = d.vocabulary;
  config.width = d.width > 0 ? d.width : 128;
  config.context = d.context;
  check(d.end_of_text >= 0, "t5: the tokenizer must have an end-of-text token");
  config.end_of_text = config.start_token = config.padding = d.end_of_text;
  // Two stacks: half as many blocks in each as a language model of the size has.
  const std::int64_t layers = d.layers > 0                 ? d.layers
                              : d.parameters <= 10'000'000 ? 2
                              : d.parameters <= 40'000'000 ? 4
                                                           : 6;
  config.encoder.assign(static_cast<std::size_t>(layers), "mlp");
  config.decoder = config.encoder;
  AttentionConfig& attention = config.attention;
  const std::int64_t head_width = config.width <= 256 ? 32 : 64;
  attention.heads = attention.key_value_heads =
      d.heads > 0 ? d.heads : std::max<std::int64_t>(1, config.width / head_width);
  check(d.key_value_heads == 0 || d.key_value_heads == attention.heads,
        "t5: key_value_heads must be as many as heads, got {} and {}", d.key_value_heads, attention.heads);
  attention.head_width = std::max<std::int64_t>(1, config.width / attention.heads);
  config.channel_mixer.hidden_width = d.feed_forward > 0 ? d.feed_forward : 4 * config.width;
  config.channel_mixer.activation = Activation::relu;
  t5_fresh(config);
  return config;
}

void t5_fresh(EncoderDecoderConfig& config) {
  const auto inverse_root = [](std::int64_t size) { return 1.0f / std::sqrt(static_cast<float>(size)); };
  AttentionConfig& attention = config.attention;
  attention.rope_base = 0;
  // The scores are not divided by the root of the width of a head: the fresh queries are smaller by it.
  attention.scale = 1.0f;
  attention.query_factor = inverse_root(attention.head_width);
  attention.weight_deviation = config.bias_deviation = config.channel_mixer.weight_deviation =
      inverse_root(config.width);
  attention.residual_deviation = inverse_root(attention.heads * attention.head_width);
  config.channel_mixer.residual_deviation = inverse_root(config.channel_mixer.hidden_width);
}

T5Layers t5_layers(const Json& json) {
  const auto encoder = field_or<std::int64_t>(json, "num_layers", 12);
  return {encoder, field_or(json, "num_decoder_layers", encoder)};
}

EncoderDecoderConfig t5_read(const Json& json, std::string& dense) {
  EncoderDecoderConfig config;
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "d_model");
  config.attention.heads = config.attention.key_value_heads = field<std::int64_t>(json, "num_heads");
  config.attention.head_width = field<std::int64_t>(json, "d_kv");
  config.channel_mixer.hidden_width = field<std::int64_t>(json, "d_ff");
  config.positions.buckets = field_or<std::int64_t>(json, "relative_attention_num_buckets", 32);
  config.positions.max_distance = field_or<std::int64_t>(json, "relative_attention_max_distance", 128);
  config.norm_epsilon = field_or(json, "layer_norm_epsilon", 1e-6f);
  config.tied = field_or(json, "tie_word_embeddings", true);
  config.padding = field_or<std::int64_t>(json, "pad_token_id", 0);
  config.end_of_text = std::max<std::int64_t>(token_id(json, "eos_token_id"), 0);
  config.start_token = field_or(json, "decoder_start_token_id", config.padding);
  config.context = field_or<std::int64_t>(json, "n_positions", 0);
  // "relu", "gated-gelu", ...; older Switch files have the name of the activation alone.
  auto activation = field_or(json, "feed_forward_proj", field_or<std::string>(json, "dense_act_fn", "relu"));
  const bool gated = activation.starts_with("gated-");
  if (gated) activation = activation.substr(std::string_view("gated-").size());
  if (gated && activation == "gelu") activation = "gelu_new";
  config.channel_mixer.activation =
      find_entry("activation of T5", std::span<const ActivationName>(kActivations), activation).activation;
  dense = gated ? "glu" : "mlp";
  t5_fresh(config);
  return config;
}

Json t5_write(const EncoderDecoderConfig& config) {
  return {{"is_encoder_decoder", true},
          {"vocab_size", config.vocabulary},
          {"d_model", config.width},
          {"d_kv", config.attention.head_width},
          {"d_ff", config.channel_mixer.hidden_width},
          {"num_heads", config.attention.heads},
          {"num_layers", config.encoder.size()},
          {"num_decoder_layers", config.decoder.size()},
          {"relative_attention_num_buckets", config.positions.buckets},
          {"relative_attention_max_distance", config.positions.max_distance},
          {"layer_norm_epsilon", config.norm_epsilon},
          {"dense_act_fn", name_of(config.channel_mixer.activation)},
          {"tie_word_embeddings", config.tied},
          {"n_positions", config.context > 0 ? Json(config.context) : Json()},
          {"pad_token_id", config.padding},
          {"eos_token_id", config.end_of_text},
          {"decoder_start_token_id", config.start_token},
          {"dropout_rate", 0.0},
          {"initializer_factor", 1.0},
          {"torch_dtype", "float32"},
          {"use_cache", true}};
}

std::vector<NameRule> t5_names(std::span<const NameRule> channel_mixers) {
  std::vector<NameRule> names(kNames.begin(), kNames.end());
  names.insert(names.end(), channel_mixers.begin(), channel_mixers.end());
  names.push_back(kProjection);
  return names;
}

const EncoderDecoderFamily kT5 = {
    "t5", "t5", "encoder-decoder trained to fill in blanks (Raffel et al., 2020)", preset, read, write, names};

}  // namespace sequent
