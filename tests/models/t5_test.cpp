#include "sequent/models/t5.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"

namespace sequent {
namespace {

nlohmann::json published() {
  return {{"model_type", "t5"},
          {"vocab_size", 32128},
          {"d_model", 512},
          {"d_kv", 64},
          {"d_ff", 1024},
          {"num_layers", 8},
          {"num_heads", 6},
          {"feed_forward_proj", "gated-gelu"},
          {"pad_token_id", 0},
          {"eos_token_id", 1},
          {"tie_word_embeddings", false}};
}

TEST(T5, ReadsAPublishedConfiguration) {
  const EncoderDecoderConfig config = kT5.read(published());
  EXPECT_EQ(config.width, 512);
  EXPECT_EQ(config.attention.heads, 6);
  EXPECT_EQ(config.attention.head_width, 64);
  EXPECT_EQ(config.attention.scale, 1.0f);
  EXPECT_EQ(config.encoder, std::vector<std::string>(8, "glu"));
  EXPECT_EQ(config.decoder.size(), 8u);
  EXPECT_EQ(config.channel_mixer.activation, Activation::gelu_tanh);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.start_token, 0);
  EXPECT_EQ(config.end_of_text, 1);
  EXPECT_EQ(config.positions.buckets, 32);
  EXPECT_EQ(config.positions.max_distance, 128);
}

TEST(T5, NamesFollowTheKindOfFeedForward) {
  nlohmann::json relu = published();
  relu["feed_forward_proj"] = "relu";
  const auto published_name = [](const EncoderDecoderConfig& config, std::string_view ours) -> std::string {
    for (const NameRule& rule : kT5.names(config)) {
      if (rule.ours == ours) return std::string(rule.published);
    }
    return "none";
  };
  const std::string_view up = "encoder.layers.{}.channel_mixer.up_proj.weight";
  EXPECT_EQ(published_name(kT5.read(relu), up), "encoder.block.{}.layer.1.DenseReluDense.wi.weight");
  EXPECT_EQ(published_name(kT5.read(published()), up), "encoder.block.{}.layer.1.DenseReluDense.wi_1.weight");
}

TEST(T5, AnUnknownActivationIsNamed) {
  nlohmann::json json = published();
  json["feed_forward_proj"] = "gated-swish";
  try {
    kT5.read(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("swish"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace sequent
