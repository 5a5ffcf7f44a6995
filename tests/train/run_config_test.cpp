#include "sequent/train/run_config.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(RunConfig, ListsEverySettingWithItsHelp) {
  RunConfig config;
  const std::vector<Field> fields = config.run_fields();
  EXPECT_EQ(fields.size(), 17u);
  for (const Field& field : fields) EXPECT_FALSE(field.help.empty()) << field.name;
  apply_override(fields, "clip=3");
  EXPECT_EQ(config.clip, 3);
  RunConfig again;
  read_toml(again.run_fields(), to_toml(fields), "config.toml");
  EXPECT_EQ(again.clip, 3);
}

TEST(RunConfig, RefusesValuesOutOfRangeByName) {
  const auto refusal = [](auto change) {
    RunConfig config;
    config.out = "run";
    config.steps = 1;
    change(config);
    return test::error_of([&] { config.validate_run(); });
  };
  EXPECT_EQ(refusal([](RunConfig& c) { c.out.clear(); }), "out: no run directory was given; use --out DIRECTORY");
  EXPECT_EQ(refusal([](RunConfig& c) { c.steps = 0; }),
            "steps: give the length of the run with --steps N or --minutes M");
  EXPECT_EQ(refusal([](RunConfig& c) { c.warmup = -1; }), "warmup: must be at least 0, got -1");
  EXPECT_EQ(refusal([](RunConfig& c) { c.keep = 0; }), "keep: must be at least 1, got 0");
  EXPECT_EQ(refusal([](RunConfig& c) { c.clip = -0.5; }), "clip: must be at least 0, got -0.5");
  EXPECT_EQ(refusal([](RunConfig& c) { c.precision = "half"; }), "precision: must be f32 or bf16, got 'half'");
  EXPECT_EQ(refusal([](RunConfig& c) { c.beta2 = 1; }), "beta2: must be at least 0 and below 1, got 1");
}

}  // namespace
}  // namespace sequent
