#include "sequent/cli/sampler_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace sequent {
namespace {

TEST(SamplerFlags, FillTheOptions) {
  CLI::App app;
  GenerateOptions options;
  add_generate_flags(app, options);
  app.parse(
      "-n 7 --temp 0.5 --top-k 3 --top-p 0.7 --min-p 0.1 --repeat-penalty 1.2 --repeat-window 9 -s 11 "
      "--stop one --stop two");
  EXPECT_EQ(options.max_tokens, 7);
  EXPECT_EQ(options.sampler.temperature, 0.5);
  EXPECT_EQ(options.sampler.top_k, 3);
  EXPECT_EQ(options.sampler.top_p, 0.7);
  EXPECT_EQ(options.sampler.min_p, 0.1);
  EXPECT_EQ(options.sampler.repeat_penalty, 1.2);
  EXPECT_EQ(options.sampler.repeat_window, 9);
  EXPECT_EQ(options.sampler.seed, 11u);
  EXPECT_EQ(options.stop, (std::vector<std::string>{"one", "two"}));
}

TEST(SamplerFlags, NothingGivenLeavesTheDefaults) {
  CLI::App app;
  GenerateOptions options;
  add_generate_flags(app, options);
  app.parse("");
  EXPECT_EQ(options.max_tokens, 200);
  EXPECT_EQ(options.sampler.temperature, 0.8);
  EXPECT_TRUE(options.stop.empty());
}

}  // namespace
}  // namespace sequent
