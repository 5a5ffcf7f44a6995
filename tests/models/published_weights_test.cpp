#include "sequent/models/published_weights.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "tests/support/files.h"

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
  write_model_files(directory.path(), {{"key", 1}}, {{"other", 2}}, kRules, parameters);
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

}  // namespace
}  // namespace sequent
