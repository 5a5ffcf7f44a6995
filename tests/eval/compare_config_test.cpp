#include "sequent/eval/compare_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/language_model.h"
#include "tests/support/files.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

CompareConfig usable() {
  CompareConfig config;
  config.archs = {"transformer", "mamba"};
  config.train.data = {"text"};
  config.train.out = "out";
  config.train.steps = 10;
  return config;
}

TEST(CompareConfig, NamesWhatIsWrong) {
  usable().validate();
  const auto error = [](void (*spoil)(CompareConfig&)) {
    return test::error_of([&] {
      CompareConfig config = usable();
      spoil(config);
      config.validate();
    });
  };
  EXPECT_EQ(error([](CompareConfig& c) { c.archs = {}; }), "archs: no architecture was given; use --archs NAME,NAME");
  EXPECT_NE(error([](CompareConfig& c) { c.archs = {"perceptron"}; }).find("there is no 'perceptron'"),
            std::string::npos);
  EXPECT_EQ(error([](CompareConfig& c) { c.archs = {"mamba", "mamba"}; }), "archs: mamba is there twice");
  EXPECT_EQ(error([](CompareConfig& c) { c.archs = {"a/b=mamba"}; }),
            "archs: 'a/b' must be of letters, digits and . _ + -");
  const std::string one = "compare: give the length of training by exactly one of --steps, --tokens and --minutes";
  EXPECT_EQ(error([](CompareConfig& c) { c.train.steps = 0; }), one);
  EXPECT_EQ(error([](CompareConfig& c) { c.tokens = 100; }), one);
  EXPECT_EQ(error([](CompareConfig& c) { c.match = "time"; }), "compare: --match time needs --minutes");
  EXPECT_EQ(error([](CompareConfig& c) { c.match = "luck"; }),
            "match: there is no 'luck'; known are params, active-params, flops, time");
  EXPECT_EQ(error([](CompareConfig& c) {
              c.match = "flops";
              c.train.width = 64;
            }),
            "compare: --match flops chooses the widths; give --params instead of --width");
  EXPECT_EQ(error([](CompareConfig& c) {
              c.train.params = 1000;
              c.train.width = 64;
            }),
            "compare: give either --params, and widths are chosen, or --width, not both");
  EXPECT_EQ(error([](CompareConfig& c) { c.seeds = 0; }), "seeds: must be at least 1, got 0");
  EXPECT_EQ(error([](CompareConfig& c) { c.contexts = {16, 0}; }), "compare: a context must be at least 1, got 0");
  EXPECT_EQ(error([](CompareConfig& c) { c.train.batch = 0; }), "batch: must be at least 1, got 0");
}

TEST(CompareConfig, AnEntryIsANameOrALabelledPattern) {
  CompareConfig config = usable();
  config.archs = {"mamba", "mixed=mamba/none attention/glu"};
  config.validate();
  const ComparedArchitecture named = compared_architecture(config, config.archs[0]);
  EXPECT_EQ(named.label, "mamba");
  EXPECT_EQ(named.train.arch, "mamba");
  EXPECT_EQ(named.train.pattern, "");
  const ComparedArchitecture mixed = compared_architecture(config, config.archs[1]);
  EXPECT_EQ(mixed.label, "mixed");
  EXPECT_EQ(mixed.train.pattern, "mamba/none attention/glu");
  config.archs = {"mixed=mamba/perceptron"};
  EXPECT_NE(test::error_of([&] { config.validate(); }).find("perceptron"), std::string::npos);
}

TEST(CompareConfig, SettingsAreWhatDecidesTheModels) {
  CompareConfig config = usable();
  const nlohmann::ordered_json before = config.settings();
  EXPECT_EQ(before.at("archs"), "transformer,mamba");
  EXPECT_EQ(before.at("lr"), "0.001");
  config.contexts = {7};
  config.prompt = "other";
  config.train.cache = "elsewhere";
  EXPECT_EQ(config.settings(), before);
  config.train.lr = 0.5;
  EXPECT_NE(config.settings(), before);
}

TEST(CompareConfig, TrainingTakesThreeTimesTheOperationsOfForward) {
  const auto model = test::small_model("transformer");
  EXPECT_EQ(training_flops_per_token(*model, 10), 3 * static_cast<double>(model->flops(10)) / 10);
  EXPECT_GT(training_flops_per_token(*model, 1000), training_flops_per_token(*model, 10));
}

}  // namespace
}  // namespace sequent
