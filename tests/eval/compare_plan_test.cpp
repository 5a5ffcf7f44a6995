#include "sequent/eval/compare_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

class ComparePlanTest : public testing::Test {
 protected:
  ComparePlanTest() {
    config.archs = test::architecture_names();
    config.train.data = {directory.write("text.txt", test::some_text(300))};
    config.train.out = directory / "out";
    config.train.params = 200'000;
    config.train.context = 32;
    config.train.batch = 2;
    config.train.steps = 50;
  }
  test::TemporaryDirectory directory;
  CompareConfig config;
};

TEST_F(ComparePlanTest, NoOtherWidthComesNearerToTheTarget) {
  for (const char* match : {"params", "active-params", "flops"}) {
    config.match = match;
    const ComparePlan plan = make_plan(config);
    ASSERT_EQ(plan.models.size(), config.archs.size());
    for (const PlannedModel& model : plan.models) {
      SCOPED_TRACE(std::string(match) + " " + model.label);
      const auto size_at = [&](std::int64_t width) {
        TrainConfig train = model.train;
        train.width = width;
        const LanguageModelConfig sized = new_model_config(train.arch, train.dimensions(257, 256));
        return match_kind(match).size(LanguageModel(sized, *shapes_only()), 32);
      };
      const auto error = [&](double size) { return std::abs(std::log(size / plan.target)); };
      EXPECT_EQ(model.size, size_at(model.width));
      EXPECT_LE(error(model.size), error(size_at(model.width + 8)));
      if (model.width > 8) {
        EXPECT_LE(error(model.size), error(size_at(model.width - 8)));
      }
    }
  }
}

TEST_F(ComparePlanTest, OperationsAreThoseOfTheFirstAtTheParametersAskedFor) {
  config.match = "params";
  const double first = make_plan(config).models.front().flops_per_token;
  config.match = "flops";
  const ComparePlan plan = make_plan(config);
  EXPECT_EQ(plan.target, first);
  EXPECT_EQ(plan.models.front().flops_per_token, first);
}

TEST_F(ComparePlanTest, GivenWidthsAreKept) {
  config.train.params = 0;
  config.train.width = 48;
  config.train.layers = 3;
  const ComparePlan plan = make_plan(config);
  EXPECT_EQ(plan.target, 0);
  for (const PlannedModel& model : plan.models) {
    EXPECT_EQ(model.width, 48);
    EXPECT_EQ(model.layers, 3);
  }
}

TEST_F(ComparePlanTest, TokensAreRoundedUpToSteps) {
  config.train.steps = 0;
  config.tokens = 129;
  for (const PlannedModel& model : make_plan(config).models) EXPECT_EQ(model.train.steps, 3);
}

TEST_F(ComparePlanTest, MinutesGiveEqualStepsOrEqualTime) {
  config.train.steps = 0;
  config.train.minutes = 0.02;
  const ComparePlan tokens = make_plan(config);
  for (const PlannedModel& model : tokens.models) {
    EXPECT_GE(model.train.steps, 1);
    EXPECT_EQ(model.train.steps, tokens.models.front().train.steps);
    EXPECT_EQ(model.train.minutes, 0);
  }
  config.match = "time";
  for (const PlannedModel& model : make_plan(config).models) EXPECT_GE(model.train.steps, 1);
}

TEST_F(ComparePlanTest, IsTheSameAgainFromItsDecisions) {
  config.train.steps = 0;
  config.train.minutes = 0.02;
  config.match = "time";
  const ComparePlan plan = make_plan(config);
  const ComparePlan again = plan_of(config, nlohmann::ordered_json::parse(decisions_of(plan).dump()));
  EXPECT_EQ(again.target, plan.target);
  for (std::size_t i = 0; i < plan.models.size(); ++i) {
    TrainConfig before = plan.models[i].train;
    TrainConfig after = again.models[i].train;
    EXPECT_EQ(to_toml(after.fields()), to_toml(before.fields()));
    EXPECT_EQ(again.models[i].size, plan.models[i].size);
    EXPECT_EQ(again.models[i].parameters, plan.models[i].parameters);
  }
}

}  // namespace
}  // namespace sequent
