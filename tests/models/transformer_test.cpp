// Reading and sizing Llama-style models; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/language_model.h"
#include "sequent/models/family.h"

namespace sequent {
namespace {

TEST(TransformerFamily, ReadsTheRotaryBaseFromBothPlaces) {
  const auto base = nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "num_attention_heads": 4,
          "intermediate_size": 100})");
  EXPECT_EQ(kTransformer.read(base).mixers.attention.rope_base, 10000.0f);
  nlohmann::json old = base;
  old["rope_theta"] = 500.0;
  EXPECT_EQ(kTransformer.read(old).mixers.attention.rope_base, 500.0f);
  nlohmann::json fresh = base;
  fresh["rope_parameters"] = {{"rope_theta", 700.0}, {"rope_type", "default"}};
  EXPECT_EQ(kTransformer.read(fresh).mixers.attention.rope_base, 700.0f);
}

TEST(TransformerFamily, MissingFieldsHaveLlamasDefaults) {
  const LanguageModelConfig config = kTransformer.read(nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "num_attention_heads": 4,
          "intermediate_size": 100, "eos_token_id": [7, 8]})"));
  EXPECT_EQ(config.mixers.attention.key_value_heads, 4);
  EXPECT_EQ(config.mixers.attention.head_width, 16);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.end_of_text, 7);
}

TEST(TransformerFamily, HasTheParametersOfLlama2) {
  const LanguageModelConfig config = kTransformer.read(nlohmann::json::parse(
      R"({"hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 32000, "num_attention_heads": 32,
          "intermediate_size": 11008})"));
  EXPECT_EQ(count_parameters(config), 6'738'415'616);
}

}  // namespace
}  // namespace sequent
