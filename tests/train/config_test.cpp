#include "sequent/train/config.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"

namespace sequent {
namespace {

template <class Change>
std::string refusal(Change change) {
  TrainConfig config;
  config.data = {"text"};
  config.out = "run";
  config.steps = 1;
  try {
    change(config);
    config.validate();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TrainConfig, ReadsToml) {
  TrainConfig config;
  read_toml(config.fields(), "arch = 'transformer'\nlr = 1\nsteps = 20\ndata = ['a', 'b']\ntbptt = true\n", "x.toml");
  EXPECT_EQ(config.arch, "transformer");
  EXPECT_EQ(config.lr, 1.0);
  EXPECT_EQ(config.steps, 20);
  EXPECT_EQ(config.data, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(config.tbptt);
}

TEST(TrainConfig, TheSavedConfigurationReadsBackAsItWas) {
  TrainConfig config;
  config.data = {"a \"quoted\" path", "b,c"};
  config.out = "run";
  config.lr = 0.1 + 0.2;
  config.steps = 123456789;
  TrainConfig again;
  read_toml(again.fields(), to_toml(config.fields()), "config.toml");
  EXPECT_EQ(to_toml(again.fields()), to_toml(config.fields()));
  EXPECT_EQ(again.lr, config.lr);
  EXPECT_EQ(again.data, config.data);
}

TEST(TrainConfig, UnknownKeysAndWrongTypesNameFileAndKey) {
  TrainConfig config;
  const auto complaint = [&](std::string_view text) -> std::string {
    try {
      read_toml(config.fields(), text, "x.toml");
    } catch (const Error& error) {
      return error.what();
    }
    return "read";
  };
  EXPECT_EQ(complaint("contxt = 1"), "x.toml: there is no setting 'contxt'; did you mean 'context'?");
  EXPECT_EQ(complaint("steps = 'many'"), "x.toml: steps: 'many' is not a whole number");
  EXPECT_EQ(complaint("[steps]\na = 1"), "x.toml: x.toml: steps must be a string, a number or a truth value");
  EXPECT_EQ(complaint("steps = = 1").substr(0, 14), "x.toml: line 1");
}

TEST(TrainConfig, Overrides) {
  TrainConfig config;
  apply_override(config.fields(), "lr=3e-4");
  EXPECT_EQ(config.lr, 3e-4);
  EXPECT_THROW(apply_override(config.fields(), "lr"), Error);
  EXPECT_THROW(apply_override(config.fields(), "lrr=1"), Error);
}

TEST(TrainConfig, RefusesValuesOutOfRangeByName) {
  EXPECT_EQ(refusal([](TrainConfig&) {}), "accepted");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.data.clear(); }), "data: no text was given; use --data FILE or DIRECTORY");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.out.clear(); }), "out: no run directory was given; use --out DIRECTORY");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.steps = 0; }),
            "steps: give the length of the run with --steps N or --minutes M");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.batch = 0; }), "batch: must be at least 1, got 0");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.width = -8; }), "width: must be at least 0, got -8");
  EXPECT_EQ(refusal([](TrainConfig& c) { c.held_out = 1; }), "held_out: must be at least 0 and below 1, got 1");
}

}  // namespace
}  // namespace sequent
