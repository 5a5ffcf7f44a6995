#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"

namespace sequent {
namespace {

// switch-base-8 as published.
nlohmann::json published() {
  return {{"model_type", "switch_transformers"},
          {"vocab_size", 32128},
          {"d_model", 768},
          {"d_kv", 64},
          {"d_ff", 3072},
          {"num_layers", 12},
          {"num_decoder_layers", 12},
          {"num_heads", 12},
          {"num_experts", 8},
          {"num_sparse_encoder_layers", 6},
          {"num_sparse_decoder_layers", 6},
          {"expert_capacity", 64},
          {"feed_forward_proj", "relu"}};
}

TEST(SwitchTransformers, EveryOtherBlockIsSparse) {
  const EncoderDecoderConfig config = kSwitchTransformers.read(published());
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(config.encoder[i], i % 2 == 1 ? "moe" : "mlp");
  EXPECT_EQ(config.decoder, config.encoder);
  const MixtureConfig& mixture = config.channel_mixer.mixture;
  EXPECT_EQ(mixture.experts_per_token, 1);
  EXPECT_EQ(mixture.overflow, Overflow::hf_v4);
  EXPECT_EQ(mixture.sequence_capacity, 64);
  EXPECT_FALSE(mixture.gated);
  EXPECT_FALSE(mixture.renormalise);
}

TEST(SwitchTransformers, StepsComeFromTheNumberOfSparseBlocks) {
  const auto sparse = [](std::int64_t layers, std::int64_t count) {
    nlohmann::json json = published();
    json["num_layers"] = layers;
    json["num_sparse_encoder_layers"] = count;
    std::vector<std::size_t> blocks;
    const EncoderDecoderConfig config = kSwitchTransformers.read(json);
    for (std::size_t i = 0; i < config.encoder.size(); ++i) {
      if (config.encoder[i] == "moe") blocks.push_back(i);
    }
    return blocks;
  };
  EXPECT_EQ(sparse(12, 3), (std::vector<std::size_t>{1, 5, 9}));
  EXPECT_EQ(sparse(3, 1), (std::vector<std::size_t>{1}));
  EXPECT_EQ(sparse(2, 2), (std::vector<std::size_t>{0, 1}));
  // The published rule makes block 1 sparse even then.
  EXPECT_EQ(sparse(4, 0), (std::vector<std::size_t>{1}));
}

TEST(SwitchTransformers, AllThreePoliciesAreReadAndWritten) {
  for (const char* policy : {"hf_v4", "none", "paper"}) {
    nlohmann::json json = published();
    json["router_overflow"] = policy;
    const nlohmann::json written = kSwitchTransformers.write(kSwitchTransformers.read(json));
    EXPECT_EQ(written["router_overflow"], policy);
    EXPECT_EQ(written.contains("router_capacity_factor"), std::string_view(policy) == "paper");
  }
  nlohmann::json json = published();
  json["router_overflow"] = "spill";
  EXPECT_THROW(kSwitchTransformers.read(json), Error);
}

TEST(SwitchTransformers, WhatCannotBeWrittenIsRefused) {
  EncoderDecoderConfig config = kSwitchTransformers.read(published());
  std::swap(config.encoder[0], config.encoder[1]);
  EXPECT_THROW(kSwitchTransformers.write(config), Error);
}

}  // namespace
}  // namespace sequent
