#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"

namespace sequent {
namespace {

TEST(VideoSynthCommand, WritesADataSet) {
  const test::TemporaryDirectory directory;
  const test::CommandResult result =
      test::sequent({"video", "synth", directory / "set", "--videos", "9", "--frames", "4", "--size", "32", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto object = nlohmann::json::parse(result.out);
  EXPECT_EQ(object["videos"], 9);
  EXPECT_EQ(object["labels"].size(), 8u);
  EXPECT_EQ(test::TemporaryDirectory::names_in(directory.path() / "set/left").size(), 2u);
  EXPECT_EQ(test::TemporaryDirectory::names_in(directory.path() / "set/shrinking").size(), 1u);
}

TEST(VideoSynthCommand, RefusesWrongSizes) {
  const test::TemporaryDirectory directory;
  const test::CommandResult result = test::sequent({"video", "synth", directory / "set", "--size", "33"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("synth: size must be even"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace sequent
