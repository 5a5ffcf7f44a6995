#include "sequent/models/published_weights.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::array<NameRule, 2> kRules = {
    {{"a.weight", "A.w"}, {"conv.{}.weight", "C.{}.w", NameRule::Layout::depthwise}}};

TEST(PublishedWeights, GoThroughFilesUnderTheirPublishedNames) {
  const test::TemporaryDirectory directory;
  const auto fresh = fresh_parameters(2);
  Parameters parameters(*fresh);
  const Var a = parameters.add("a.weight", {2, 3}, initialize::normal(1.0f), true);
  const Var conv = parameters.add("conv.7.weight", {4, 2}, initialize::normal(1.0f), true);
  write_model_files(directory.path(), {{"key", 1}}, {{"other", 2}}, published_tensors(kRules, parameters.all()));
  EXPECT_TRUE(std::filesystem::exists(directory / "config.json"));
  EXPECT_TRUE(std::filesystem::exists(directory / "generation_config.json"));

  WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(weights.shape("C.7.w"), (Shape{4, 1, 2}));
  PublishedWeights source(kRules, weights);
  const Tensor same = source.make("a.weight", {2, 3}, initialize::constant(0.0f));
  EXPECT_EQ(same.floats()[5], a.value().floats()[5]);
  EXPECT_THROW(source.expect_all_taken({}), Error);
  const std::array<std::string_view, 1> ignorable = {"conv.7.weight"};
  EXPECT_NO_THROW(source.expect_all_taken(ignorable));
  EXPECT_EQ(source.make("conv.7.weight", {4, 2}, initialize::constant(0.0f)).floats()[7], conv.value().floats()[7]);
  EXPECT_NO_THROW(source.expect_all_taken({}));
  EXPECT_THROW(source.make("a.weight", {3, 3}, initialize::constant(0.0f)), Error);
}

// One tensor of theirs that holds three of ours, and one of ours that is several of theirs.
TEST(PublishedWeights, PartsAndNumberedRowsGoThroughFilesToo) {
  constexpr std::array<NameRule, 4> rules = {{{"q.{}", "qkv.{}", NameRule::Layout::same, 0, 3},
                                              {"k.{}", "qkv.{}", NameRule::Layout::same, 1, 3},
                                              {"v.{}", "qkv.{}", NameRule::Layout::same, 2, 3},
                                              {"tokens", "mask_tokens", NameRule::Layout::numbered}}};
  const auto fresh = fresh_parameters(2);
  Parameters parameters(*fresh);
  const std::array<std::pair<const char*, Shape>, 5> all = {
      {{"q.w", {2, 3}}, {"k.w", {2, 3}}, {"v.w", {2, 3}}, {"tokens", {2, 1, 4}}, {"q.b", {5}}}};
  for (const auto& [name, shape] : all) parameters.add(name, shape, initialize::normal(1.0f), true);
  for (const char* name : {"v.b", "k.b"}) parameters.add(name, {5}, initialize::normal(1.0f), true);  // in any order
  const test::TemporaryDirectory directory;
  save_safetensors(directory / "model.safetensors", published_tensors(rules, parameters.all()));

  WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(weights.names(), (std::vector<std::string>{"mask_tokens.0", "mask_tokens.1", "qkv.b", "qkv.w"}));
  EXPECT_EQ(weights.shape("qkv.w"), (Shape{6, 3}));
  EXPECT_EQ(weights.shape("mask_tokens.1"), (Shape{1, 4}));
  PublishedWeights source(rules, weights);
  for (const Parameter& parameter : parameters.all()) {
    const Tensor same = source.make(parameter.name, parameter.var.shape(), initialize::constant(0.0f));
    EXPECT_EQ(test::to_doubles(same), test::to_doubles(parameter.var.value())) << parameter.name;
  }
  EXPECT_NO_THROW(source.expect_all_taken({}));
  EXPECT_EQ(test::error_of([&] {
              source.make("q.w", {3, 3}, initialize::constant(0.0f));
            }),
            "load: qkv.w must be [9, 3], got [6, 3]");
  EXPECT_EQ(test::error_of([&] {
              source.make("tokens", {2, 1, 5}, initialize::constant(0.0f));
            }),
            "load: mask_tokens.0 must be [1, 5], got [1, 4]");
}

// Three experts of which the model has two: the third must not be left out silently.
TEST(PublishedWeights, AreRefusedWhereTheModelUsesOnlyPieces) {
  const test::TemporaryDirectory directory;
  constexpr std::array<NameRule, 1> rules = {{{"experts.{}.weight", "experts", NameRule::Layout::stacked}}};
  const NamedTensor stack = {"experts", Tensor::zeros({3, 2, 2})};
  save_safetensors(directory / "model.safetensors", std::span(&stack, 1));
  WeightSource weights = WeightSource::open(directory.path());
  PublishedWeights source(rules, weights);
  for (const char* expert : {"experts.0.weight", "experts.1.weight"}) {
    source.make(expert, {2, 2}, initialize::constant(0.0f));
  }
  EXPECT_EQ(
      test::error_of([&] { source.expect_all_taken({}); }),
      "load: \"experts\" of " + (directory / "model.safetensors") + " holds more than the model uses: 8 of 12 values");
  source.make("experts.2.weight", {2, 2}, initialize::constant(0.0f));
  EXPECT_NO_THROW(source.expect_all_taken({}));
}

}  // namespace
}  // namespace sequent
