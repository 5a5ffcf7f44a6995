// Reading and sizing GPT-2; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"

namespace sequent {
namespace {

using nlohmann::json;

json small() {
  return json::parse(R"({"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12,
                         "n_head": 12, "n_inner": null, "layer_norm_epsilon": 1e-05, "eos_token_id": 50256})");
}

TEST(Gpt2Layout, HasTheParametersOfThePublishedModel) {
  const LanguageModelConfig config = layout_of_config(small()).read(small());
  EXPECT_EQ(count_parameters(config), 124'439'808);
  EXPECT_EQ(config.channel_mixer.activation, Activation::gelu_tanh);
  EXPECT_EQ(&layout_for(config), &kGpt2);
  EXPECT_TRUE(same_function(kGpt2.read(kGpt2.write(config)), config));
}

TEST(Gpt2Layout, HoldsNoModelWithOtherParts) {
  LanguageModelConfig config = kGpt2.read(small());
  config.mixers.attention.rope_base = 10000.0f;
  EXPECT_EQ(&layout_for(config), &kSequent);
  config = kGpt2.read(small());
  config.norm = NormKind::rms_norm;
  EXPECT_EQ(&layout_for(config), &kSequent);
  config = kGpt2.read(small());
  config.channel_mixer.bias = false;
  EXPECT_EQ(&layout_for(config), &kSequent);
}

TEST(Gpt2Layout, RefusalsNameTheKey) {
  const auto refusal = [](const char* key, const json& value) {
    json config = small();
    config[key] = value;
    return test::error_of([&] { kGpt2.read(config); });
  };
  EXPECT_EQ(refusal("scale_attn_weights", false), "config.json: scale_attn_weights false is not supported");
  EXPECT_EQ(refusal("scale_attn_by_inverse_layer_idx", true),
            "config.json: scale_attn_by_inverse_layer_idx true is not supported");
  EXPECT_EQ(refusal("n_head", 7), "config.json: n_head must divide n_embd, got 7 and 768");
  EXPECT_EQ(
      refusal("activation_function", "gelu_old"),
      "activation_function: there is no 'gelu_old'; known are gelu_new, gelu_pytorch_tanh, gelu, relu, silu, swish");
}

// A square matrix that is not transposed would have the right shape.
TEST(Gpt2Layout, MatricesAreTransposedAndCut) {
  const test::Golden golden("gpt2-plain");
  const LoadedModel loaded = load_model(golden.directory);
  const TensorFile file = TensorFile::open((golden.directory / "model.safetensors").string());
  const Tensor published = file.tensor("transformer.h.1.attn.c_attn.weight");
  const Tensor square = file.tensor("transformer.h.1.attn.c_proj.weight");
  const std::int64_t width = loaded.model->config().width;
  for (const Parameter& parameter : loaded.model->parameters().all()) {
    const float* ours = parameter.var.value().floats();
    for (std::int64_t part = 0; part < 3; ++part) {
      if (parameter.name != std::string("layers.1.mixer.") + "qkv"[part] + "_proj.weight") continue;
      for (std::int64_t out = 0; out < width; ++out) {
        for (std::int64_t in = 0; in < width; ++in) {
          ASSERT_EQ(ours[out * width + in], published.floats()[in * 3 * width + part * width + out]);
        }
      }
    }
    if (parameter.name != "layers.1.mixer.o_proj.weight") continue;
    EXPECT_EQ(ours[1], square.floats()[width]);
  }
}

TEST(Gpt2Layout, HasNoPositionsBeyondThoseItLearned) {
  const test::Golden golden("gpt2-plain");
  const LoadedModel loaded = load_model(golden.directory);
  const std::vector<std::int32_t> ids(41, 1);
  const std::string refusal = "model: has learned positions for 40 tokens, longer sequences are not possible, got 41";
  EXPECT_EQ(test::error_of([&] { loaded.model->hidden(ids, Segments::single(41)); }), refusal);
  ModelState state = loaded.model->initial_state();
  ModelState* pointer = &state;
  loaded.model->hidden(std::span(ids).first(40), Segments::single(40), {&pointer, 1});
  EXPECT_EQ(test::error_of([&] {
              loaded.model->hidden(std::span(ids).first(1), Segments::single(1), {&pointer, 1});
            }),
            refusal);
}

}  // namespace
}  // namespace sequent
