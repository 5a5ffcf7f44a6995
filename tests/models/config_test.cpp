#include "sequent/models/config.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"

namespace sequent {
namespace {

std::string refusal(void (*spoil)(LanguageModelConfig&)) {
  LanguageModelConfig config = new_model_config("transformer", {.layers = 1, .width = 32, .vocabulary = 10});
  spoil(config);
  try {
    validate(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ModelConfig, RefusalsNameRuleAndValue) {
  EXPECT_EQ(refusal([](LanguageModelConfig&) {}), "accepted");
  EXPECT_EQ(refusal([](LanguageModelConfig& c) { c.width = -3; }), "model: width must be positive, got -3");
  EXPECT_EQ(refusal([](LanguageModelConfig& c) { c.blocks.clear(); }),
            "model: the number of layers must be positive, got 0");
  EXPECT_EQ(refusal([](LanguageModelConfig& c) { c.mixers.attention.key_value_heads = 7; }),
            "model: key-value heads must divide heads, got 7 and 1");
  EXPECT_EQ(refusal([](LanguageModelConfig& c) { c.mixers.attention.head_width = 5; }),
            "model: rotary positions need an even head width, got 5");
  EXPECT_EQ(refusal([](LanguageModelConfig& c) { c.end_of_text = 10; }),
            "model: end-of-text token 10 is outside the vocabulary of 10");
  const std::string unknown = refusal([](LanguageModelConfig& c) { c.blocks[0].mixer = "rnn"; });
  EXPECT_TRUE(unknown.starts_with("mixer: there is no 'rnn'; known are attention, mamba")) << unknown;
}

}  // namespace
}  // namespace sequent
