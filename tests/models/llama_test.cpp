// Reading and sizing Llama-style models; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(LlamaLayout, ReadsTheRotaryBaseFromBothPlaces) {
  const auto base = nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "num_attention_heads": 4,
          "intermediate_size": 100})");
  EXPECT_EQ(kLlama.read(base).mixers.attention.rope_base, 10000.0f);
  nlohmann::json old = base;
  old["rope_theta"] = 500.0;
  EXPECT_EQ(kLlama.read(old).mixers.attention.rope_base, 500.0f);
  nlohmann::json fresh = base;
  fresh["rope_parameters"] = {{"rope_theta", 700.0}, {"rope_type", "default"}};
  EXPECT_EQ(kLlama.read(fresh).mixers.attention.rope_base, 700.0f);
}

TEST(LlamaLayout, MissingFieldsHaveLlamasDefaults) {
  const LanguageModelConfig config = kLlama.read(nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "num_attention_heads": 4,
          "intermediate_size": 100, "eos_token_id": [7, 8]})"));
  EXPECT_EQ(config.mixers.attention.key_value_heads, 4);
  EXPECT_EQ(config.mixers.attention.head_width, 16);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.end_of_text, 7);
}

TEST(LlamaLayout, HasTheParametersOfLlama2) {
  const LanguageModelConfig config = kLlama.read(nlohmann::json::parse(
      R"({"hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 32000, "num_attention_heads": 32,
          "intermediate_size": 11008})"));
  EXPECT_EQ(count_parameters(config), 6'738'415'616);
}

TEST(LlamaLayout, RefusesWhatItDoesNotCompute) {
  nlohmann::json json = kLlama.write(new_model_config("transformer", {.layers = 1, .width = 32, .vocabulary = 9}));
  json["hidden_size"] = "wide";
  try {
    kLlama.read(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "config.json: hidden_size has an unusable value, \"wide\"");
  }
}

TEST(Qwen2Layout, HasBiasesOnQueriesKeysAndValuesAlone) {
  const nlohmann::json published = nlohmann::json::parse(
      R"({"model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
          "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": true,
          "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768, "use_sliding_window": false})");
  const LanguageModelConfig config = layout_of_config(published).read(published);
  EXPECT_EQ(count_parameters(config), 494'032'768);  // the published Qwen2-0.5B
  EXPECT_EQ(&layout_for(config), &kQwen2);
  nlohmann::json sliding = published;
  sliding["use_sliding_window"] = true;
  EXPECT_EQ(test::error_of([&] { kQwen2.read(sliding); }), "config.json: use_sliding_window true is not supported");
}

TEST(MistralLayout, IsLlamasWithAWindow) {
  nlohmann::json json = kMistral.write(new_model_config("transformer", {.layers = 1, .width = 32, .vocabulary = 9}));
  EXPECT_TRUE(json["sliding_window"].is_null());
  EXPECT_EQ(layout_for(kMistral.read(json)).model_type, "llama");
  json["sliding_window"] = 5;
  const LanguageModelConfig config = kMistral.read(json);
  EXPECT_EQ(layout_for(config).model_type, "mistral");
  EXPECT_EQ(kMistral.write(config), json);

  // Up to the window it is full attention; beyond it nothing is computed, in one piece or many.
  const LanguageModel model(config, *fresh_parameters(1));
  const std::vector<std::int32_t> ids = {1, 2, 3, 4, 5, 6};
  EXPECT_NO_THROW(model.hidden(std::span(ids).first(5), Segments::single(5)));
  EXPECT_NO_THROW(model.hidden(ids, Segments({0, 3, 6})));
  const std::string refusal = "attention: this model's window is 5 tokens, longer sequences are not supported, got 6";
  EXPECT_EQ(test::error_of([&] { model.hidden(ids, Segments::single(6)); }), refusal);
  ModelState state = model.initial_state();
  ModelState* pointer = &state;
  model.hidden(std::span(ids).first(5), Segments::single(5), {&pointer, 1});
  EXPECT_EQ(test::error_of([&] {
              model.hidden(std::span(ids).first(1), Segments::single(1), {&pointer, 1});
            }),
            refusal);
}

}  // namespace
}  // namespace sequent
