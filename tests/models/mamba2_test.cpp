// Reading the layout of Hugging Face; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using nlohmann::json;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

json small() {
  return json::parse(R"({"hidden_size": 32, "num_hidden_layers": 1, "vocab_size": 9, "num_heads": 4, "head_dim": 16,
                         "n_groups": 2, "state_size": 8})");
}

std::string refusal(const json& config) {
  try {
    kMamba2.read(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Mamba2Layout, CountsThePublishedCodestral) {
  json config = {
      {"hidden_size", 4096}, {"num_hidden_layers", 64}, {"vocab_size", 32768}, {"tie_word_embeddings", false}};
  EXPECT_EQ(count_parameters(kMamba2.read(config)), 7'285'403'648);
}

// Each version of transformers writes infinity in its own way.
TEST(Mamba2Layout, ReadsInfinityInEveryFormItIsWrittenIn) {
  for (const char* limit :
       {"[0.0, Infinity]", R"([0.0, {"__float__": "Infinity"}])", R"([0.0, "Infinity"])", R"([0.0, "inf"])", "null"}) {
    json config = small();
    config["time_step_limit"] = parse_json(limit, "config.json");
    EXPECT_EQ(kMamba2.read(config).mixers.mamba2.delta_limits.maximum, kInfinity) << limit;
  }
  json config = small();
  config["time_step_limit"] = {0.01, 0.5};
  EXPECT_EQ(kMamba2.read(config).mixers.mamba2.delta_limits.maximum, 0.5f);
  config["time_step_limit"] = {0.01, "much"};
  EXPECT_EQ(refusal(config), "config.json: time_step_limit has an unusable value, \"much\"");
  config["time_step_limit"] = 3;
  EXPECT_EQ(refusal(config), "config.json: time_step_limit must be two numbers, got 3");
}

TEST(Mamba2Layout, GroupsAreNormalisedApartUnlessAskedOtherwise) {
  json config = small();
  EXPECT_TRUE(kMamba2.read(config).mixers.mamba2.norm_groups);
  config["sequent_full_width_norm"] = true;
  const LanguageModelConfig full = kMamba2.read(config);
  EXPECT_FALSE(full.mixers.mamba2.norm_groups);
  EXPECT_TRUE(same_function(kMamba2.read(kMamba2.write(full)), full));
}

TEST(Mamba2Layout, WhatItCannotSayGoesToTheOriginalOrOurOwn) {
  LanguageModelConfig config = new_model_config("mamba2", {.layers = 2, .width = 64, .vocabulary = 99});
  EXPECT_EQ(layout_for(config).model_type, "mamba2");
  const auto saved_with = [&](auto&& change) {
    LanguageModelConfig changed = config;
    change(changed.mixers.mamba2);
    const Layout& layout = layout_for(changed);
    EXPECT_TRUE(same_function(layout.read(json::parse(layout.write(changed).dump())), changed));
    return layout.model_type;
  };
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.delta_limits = {.minimum = 0.25f, .maximum = 0.5f}; }),
            "mamba2");
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.delta_limits.minimum = 0.25f; }), "sequent");
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.d_per_channel = true; }), "mamba2-state-spaces");
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.norm_before_gate = true; }), "mamba2-state-spaces");
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.norm_epsilon = 0.5f; }), "sequent");
  EXPECT_EQ(saved_with([](Mamba2Config& mamba2) { mamba2.inner_width = 96; }), "sequent");
}

TEST(Mamba2Layout, RefusesWhatItDoesNotCompute) {
  json config = small();
  config["expand"] = 3;
  EXPECT_EQ(refusal(config), "config.json: expand * hidden_size must be num_heads * head_dim, got 96 and 64");
  config = small();
  config["hidden_act"] = "gelu";
  EXPECT_EQ(refusal(config), "config.json: hidden_act must be silu, got gelu");
}

}  // namespace
}  // namespace sequent
