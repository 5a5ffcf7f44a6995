#include "sequent/cli/setting_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>

#include "tests/support/files.h"

namespace sequent {
namespace {

struct Settings {
  std::int64_t steps = 7;
  double weight_decay = 0.5;
  bool recompute = false;
  std::string out = "here";
  std::vector<std::string> data;

  std::vector<Field> fields() {
    return {{"steps", "", &steps},
            {"weight_decay", "", &weight_decay},
            {"recompute", "", &recompute},
            {"out", "", &out},
            {"data", "", &data}};
  }
};

TEST(SettingFlags, SetOnlyWhatWasGiven) {
  Settings settings;
  CLI::App app;
  const SettingFlags flags(app, settings.fields());
  app.parse("--weight-decay 1e-3 --recompute --data a b", false);
  EXPECT_EQ(settings.weight_decay, 0.5);
  settings.out = "from a file";
  flags.apply(settings.fields());
  EXPECT_EQ(settings.steps, 7);
  EXPECT_EQ(settings.weight_decay, 1e-3);
  EXPECT_TRUE(settings.recompute);
  EXPECT_EQ(settings.out, "from a file");
  EXPECT_EQ(settings.data, (std::vector<std::string>{"a", "b"}));
}

TEST(SettingFlags, LeaveOutWhatTheyAreAskedTo) {
  Settings settings;
  CLI::App app;
  const std::array<std::string_view, 1> without = {"out"};
  const SettingFlags flags(app, settings.fields(), without);
  EXPECT_THROW(app.parse("--out there", false), CLI::ParseError);
}

TEST(SettingSources, FlagsWinOverWordsAndWordsOverAFile) {
  Settings settings;
  test::TemporaryDirectory directory;
  directory.write("settings.toml", "steps = 1\nweight_decay = 0.1\nout = 'file'\n");
  CLI::App app;
  const SettingSources sources(app, settings.fields());
  app.parse("--config " + (directory / "settings.toml") + " --steps 3 steps=2 weight_decay=0.2", false);
  sources.apply(settings.fields());
  EXPECT_EQ(settings.steps, 3);
  EXPECT_EQ(settings.weight_decay, 0.2);
  EXPECT_EQ(settings.out, "file");
}

}  // namespace
}  // namespace sequent
