#include "sequent/models/vision_blocks.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/ops/embedding.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

const VisionBlocksConfig kConfig = {.width = 12, .layers = 2, .heads = 2, .hidden_width = 20, .weight_deviation = 0.3f};
const Segments kSegments({0, 3, 4, 9});

struct Model {
  std::unique_ptr<ParameterSource> source = fresh_parameters(3);
  Parameters parameters{*source};
  VisionBlocks blocks{kConfig, "blocks", ParameterScope(parameters)};
};

Tensor input() {
  return test::to_tensor(test::random_values(9 * 12, "x"), {9, 12});
}

TEST(VisionBlocks, EachSetIsComputedByItselfAndSeesAllOfItself) {
  const Model model;
  const Tensor x = input();
  const Tensor together = model.blocks.forward(x, kSegments, nullptr, {}).value();
  for (std::int64_t i = 0; i < kSegments.count(); ++i) {
    const Tensor part = x.slice(kSegments.begin(i), kSegments.end(i));
    const Tensor alone = model.blocks.forward(part, Segments::single(kSegments.length(i)), nullptr, {}).value();
    test::expect_close(test::to_doubles(together.slice(kSegments.begin(i), kSegments.end(i))), test::to_doubles(alone),
                       1e-6, "set");
  }
  // The first token of a set sees its last.
  const Tensor changed = x.clone();
  changed.mutable_floats()[2 * 12] += 1;
  const Tensor after = model.blocks.forward(changed, kSegments, nullptr, {}).value();
  EXPECT_NE(after.floats()[0], together.floats()[0]);
  EXPECT_EQ(after.floats()[3 * 12], together.floats()[3 * 12]);
}

TEST(VisionBlocks, RecomputingChangesNothing) {
  const std::vector<std::int32_t> ids = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const Tensor dy = test::to_tensor(test::random_values(9 * 12, "dy"), {9, 12});
  const auto gradients = [&](bool recompute) {
    const Model model;
    const Var x = Var::parameter(input());
    Tape tape;
    Var y;
    {
      // Gone before the backward pass.
      const GridRotation rotation(ids, {1, 3, 3}, 6);
      y = model.blocks.forward(x, kSegments, &rotation, {.recompute_blocks = recompute});
    }
    tape.backward(y, dy);
    std::vector<std::vector<double>> all = {test::to_doubles(y.value()), test::to_doubles(x.gradient())};
    for (const Parameter& parameter : model.parameters.all()) all.push_back(test::to_doubles(parameter.var.gradient()));
    return all;
  };
  EXPECT_EQ(gradients(true), gradients(false));
}

TEST(VisionBlocks, WantedTokensAreWhatTheyAreAmongAll) {
  const TokenRows wanted = {Segments({0, 2, 3, 5}), {0, 2, 3, 6, 8}};
  const Tensor dy = test::to_tensor(test::random_values(5 * 12, "dy"), {5, 12});
  const std::vector<std::int32_t> ids = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const GridRotation rotation(ids, {1, 3, 3}, 6);
  const auto results = [&](bool all, bool recompute) {
    const Model model;
    const Var x = Var::parameter(input());
    const VisionOptions options = {.recompute_blocks = recompute, .observe = {}};
    Tape tape;
    const Var y = all ? embedding(wanted.rows, model.blocks.forward(x, kSegments, &rotation, options))
                      : model.blocks.forward(x, kSegments, wanted, &rotation, options);
    tape.backward(y, dy);
    std::vector<std::vector<double>> values = {test::to_doubles(y.value()), test::to_doubles(x.gradient())};
    for (const Parameter& parameter : model.parameters.all()) {
      values.push_back(test::to_doubles(parameter.var.gradient()));
    }
    return values;
  };
  for (const bool recompute : {false, true}) {
    const auto expected = results(true, recompute), actual = results(false, recompute);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) test::expect_close(actual[i], expected[i], 1e-5, "value");
  }
}

TEST(VisionBlocks, RefusesWantedTokensThatDoNotFit) {
  const Model model;
  const auto message = [&](const TokenRows& wanted) {
    return test::error_of([&] { model.blocks.forward(input(), kSegments, wanted, nullptr, {}); });
  };
  EXPECT_EQ(message({Segments::single(2), {0, 1}}),
            "blocks: wanted tokens must be of 3 sets and have a row each, got 1 sets of 2 tokens and 2 rows");
  EXPECT_EQ(message({Segments({0, 1, 2, 3}), {0, 3}}),
            "blocks: wanted tokens must be of 3 sets and have a row each, got 3 sets of 3 tokens and 2 rows");
  EXPECT_EQ(message({Segments({0, 1, 2, 3}), {0, 2, 4}}), "blocks: row 2 is wanted of set 1, which is rows 3 to 3");
}

TEST(VisionBlocks, ObserversHearOfEveryBlock) {
  const Model model;
  std::vector<std::string> heard;
  VisionOptions options;
  options.observe = [&](std::string_view name, const Tensor&) { heard.emplace_back(name); };
  model.blocks.forward(input(), kSegments, nullptr, options);
  EXPECT_EQ(heard, (std::vector<std::string>{"blocks.layers.0", "blocks.layers.1"}));
}

TEST(VisionBlocks, RefusesSizesThatDoNotFit) {
  const auto message = [](auto change) {
    VisionBlocksConfig config = kConfig;
    change(config);
    return test::error_of([&] { config.validate("encoder"); });
  };
  EXPECT_EQ(message([](auto& c) { c.heads = 5; }), "encoder: heads must divide the width, got 5 and 12");
  EXPECT_EQ(message([](auto& c) { c.layers = 0; }), "encoder: layers must be from 1 to 4096, got 0");
  EXPECT_EQ(message([](auto& c) { c.hidden_width = 0; }), "encoder: the width of the MLP must be positive, got 0");
}

}  // namespace
}  // namespace sequent
