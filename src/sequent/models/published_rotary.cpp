#include "sequent/models/published_rotary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/json_fields.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Kind = RotaryScaling::Kind;

constexpr std::array<const char*, 1> kLinearKeys = {"factor"};
constexpr std::array<const char*, 4> kLlama3Keys = {"factor", "original_max_position_embeddings", "low_freq_factor",
                                                    "high_freq_factor"};
constexpr std::array<const char*, 6> kYarnKeys = {
    "factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "truncate", "attention_factor"};

struct PublishedKind {
  std::string_view name;
  Kind kind;
  std::span<const char* const> keys;
};
constexpr std::array<PublishedKind, 4> kKinds = {{{"default", Kind::none, {}},
                                                  {"linear", Kind::linear, kLinearKeys},
                                                  {"llama3", Kind::llama3, kLlama3Keys},
                                                  {"yarn", Kind::yarn, kYarnKeys}}};
// The kind itself under both of its names, what stands elsewhere in older files, and where the model comes from.
constexpr std::array<std::string_view, 4> kOtherKeys = {"rope_type", "type", "rope_theta", "finetuned"};

const PublishedKind& kind_named(const std::string& name) {
  for (const PublishedKind& each : kKinds) {
    if (each.name == name) return each;
  }
  fail("config.json: scaled rotary positions of type {} are not supported; known are default, linear, llama3, yarn",
       name);
}

void expect_known_keys(const Json& object, const PublishedKind& kind) {
  for (const auto& item : object.items()) {
    const std::string& key = item.key();
    const bool known = std::find(kOtherKeys.begin(), kOtherKeys.end(), key) != kOtherKeys.end() ||
                       std::find(kind.keys.begin(), kind.keys.end(), key) != kind.keys.end();
    check(known || item.value().is_null(), "config.json: {} of rotary positions of type {} is not supported, got {}",
          key, kind.name, item.value().dump());
  }
}

/// A number where zero stands for the usual one, as in the reference implementation.
float nonzero_or(const Json& object, const char* key, float usual) {
  const float value = field_or(object, key, usual);
  return value == 0 ? usual : value;
}

}  // namespace

RotaryScaling read_rotary_scaling(const Json& config) {
  const Json parameters = field_or(config, "rope_parameters", Json::object());
  const Json object = field_or(config, "rope_scaling", parameters);
  check(object.is_object(), "config.json: rope_scaling has an unusable value, {}", object.dump());
  const PublishedKind& kind =
      kind_named(field_or(object, "rope_type", field_or<std::string>(object, "type", "default")));
  RotaryScaling scaling;
  scaling.kind = kind.kind;
  if (scaling.kind == Kind::none) return scaling;
  expect_known_keys(object, kind);
  scaling.factor = field<float>(object, "factor");
  if (scaling.kind == Kind::llama3) {
    scaling.original_context = field<std::int64_t>(object, "original_max_position_embeddings");
    scaling.low_frequency_factor = field<float>(object, "low_freq_factor");
    scaling.high_frequency_factor = field<float>(object, "high_freq_factor");
  } else if (scaling.kind == Kind::yarn) {
    scaling.original_context = field_or(object, "original_max_position_embeddings",
                                        field_or<std::int64_t>(config, "max_position_embeddings", 0));
    scaling.beta_fast = nonzero_or(object, "beta_fast", scaling.beta_fast);
    scaling.beta_slow = nonzero_or(object, "beta_slow", scaling.beta_slow);
    scaling.attention_factor = field_or(object, "attention_factor", 0.0f);
    check(field_or(object, "truncate", true), "config.json: truncate false of rotary positions is not supported");
  }
  return scaling;
}

Json write_rotary_scaling(const RotaryScaling& scaling) {
  switch (scaling.kind) {
    case Kind::none:
      return nullptr;
    case Kind::linear:
      return {{"rope_type", "linear"}, {"factor", scaling.factor}};
    case Kind::llama3:
      return {{"rope_type", "llama3"},
              {"factor", scaling.factor},
              {"original_max_position_embeddings", scaling.original_context},
              {"low_freq_factor", scaling.low_frequency_factor},
              {"high_freq_factor", scaling.high_frequency_factor}};
    case Kind::yarn:
      break;
  }
  Json json = {{"rope_type", "yarn"},
               {"factor", scaling.factor},
               {"original_max_position_embeddings", scaling.original_context}};
  const RotaryScaling usual;
  if (scaling.beta_fast != usual.beta_fast) json["beta_fast"] = scaling.beta_fast;
  if (scaling.beta_slow != usual.beta_slow) json["beta_slow"] = scaling.beta_slow;
  if (scaling.attention_factor > 0) json["attention_factor"] = scaling.attention_factor;
  return json;
}

namespace {

constexpr const char* kDivisors = "rope_freqs.weight";

Tensor divisors_of(const AttentionConfig& attention) {
  const std::vector<double> plain = rotary_frequencies(attention.rope_base, attention.head_width);
  const std::vector<double> scaled =
      rotary_frequencies(attention.rope_base, attention.head_width, attention.rope_scaling);
  const Tensor divisors = Tensor::empty({static_cast<std::int64_t>(plain.size())});
  for (std::size_t j = 0; j < plain.size(); ++j) {
    divisors.mutable_floats()[j] = static_cast<float>(plain[j] / scaled[j]);
  }
  return divisors;
}

void expect_divisors(const AttentionConfig& attention, const Tensor& stored) {
  // Sizes first: what is computed must not be larger than the file warrants.
  bool same = 2 * stored.elements() == attention.head_width;
  const Tensor expected = same ? divisors_of(attention) : Tensor();
  for (std::int64_t j = 0; same && j < stored.elements(); ++j) {
    same = std::abs(stored.floats()[j] - expected.floats()[j]) <= 1e-4f * expected.floats()[j];
  }
  check(same, "GGUF: {} is not that of Llama 3.1 to 3.3, other scaled rotary positions of this form are not supported",
        kDivisors);
}

void describe_llama3(GgufExchange& values, AttentionConfig& attention) {
  RotaryScaling& scaling = attention.rope_scaling;
  Tensor stored;
  if (values.reading()) {
    stored = values.weights().float_tensor(kDivisors);
    check(stored.elements() > 0, "GGUF: {} is empty", kDivisors);
    scaling.kind = Kind::llama3;
    scaling.original_context = 8192;
    scaling.factor = *std::max_element(stored.floats(), stored.floats() + stored.elements());
  }
  values.optional_integer("rope.llama3.original_context_length", scaling.original_context);
  values.optional_number("rope.llama3.factor", scaling.factor);
  values.optional_number("rope.llama3.low_freq_factor", scaling.low_frequency_factor);
  values.optional_number("rope.llama3.high_freq_factor", scaling.high_frequency_factor);
  scaling.validate();
  if (values.reading()) {
    expect_divisors(attention, stored);
  } else {
    values.write_tensor(kDivisors, divisors_of(attention));
  }
}

}  // namespace

void describe_rotary_scaling(GgufExchange& values, AttentionConfig& attention, std::int64_t context) {
  RotaryScaling& scaling = attention.rope_scaling;
  std::string type = scaling.kind == Kind::yarn ? "yarn" : scaling.kind == Kind::linear ? "linear" : "none";
  if (values.reading()) {
    // The oldest files have but a factor, under either name.
    values.optional_number("rope.scale_linear", scaling.factor);
    values.optional_number("rope.scaling.factor", scaling.factor);
    if (scaling.factor == 0) scaling.factor = 1;
    type = scaling.factor == 1 ? "none" : "linear";
  }
  const bool by_divisors = values.reading() ? values.weights().contains(kDivisors) : scaling.kind == Kind::llama3;
  if (values.reading() || scaling.kind == Kind::linear || scaling.kind == Kind::yarn) {
    values.optional_text("rope.scaling.type", type);
  }
  if (by_divisors) {
    check(type == "none", "GGUF: {} beside rope.scaling.type {} is not supported", kDivisors, type);
    return describe_llama3(values, attention);
  }
  if (type == "none") return;
  check(type == "linear" || type == "yarn",
        "GGUF: scaled rotary positions of type {} are not supported; known are none, linear, yarn", type);
  scaling.kind = type == "yarn" ? Kind::yarn : Kind::linear;
  if (!values.reading()) values.number("rope.scaling.factor", scaling.factor);
  if (scaling.kind == Kind::linear) return;
  if (values.reading()) scaling.original_context = context;
  values.optional_integer("rope.scaling.original_context_length", scaling.original_context);
  // There are keys for these, but llama.cpp reads them for other architectures only: it would run another model.
  const RotaryScaling usual_betas;
  check(scaling.beta_fast == usual_betas.beta_fast && scaling.beta_slow == usual_betas.beta_slow,
        "GGUF: beta_fast and beta_slow of rotary positions must be 32 and 1, got {} and {}", scaling.beta_fast,
        scaling.beta_slow);
  // There it is a factor on the usual one.
  const float usual = 0.1f * std::log(scaling.factor) + 1;
  float relative = scaling.attention_factor > 0 ? scaling.attention_factor / usual : 1.0f;
  values.optional_number("rope.scaling.attn_factor", relative);
  scaling.attention_factor = relative == 1.0f ? 0.0f : relative * usual;
}

}  // namespace sequent
