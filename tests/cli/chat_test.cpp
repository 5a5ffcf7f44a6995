#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class Chat : public testing::TestWithParam<std::string> {
 protected:
  Chat() { test::write_small_model(model, GetParam()); }

  CommandResult run(const std::string& input, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"chat", model, "-n", "12", "-s", "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::sequent(arguments, {.input = input});
  }
  json run_json(const std::string& input, std::vector<std::string> more = {}) const {
    more.emplace_back("--json");
    const CommandResult result = run(input, more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }

  const test::TemporaryDirectory directory;
  const std::string model = directory / "model";
};

TEST_P(Chat, AnswersEachLineAndRemembers) {
  const json result = run_json("hello\nand you?\n");
  ASSERT_EQ(result["turns"].size(), 2u);
  EXPECT_EQ(result["turns"][0]["user"], "hello");
  EXPECT_EQ(result["turns"][1]["user"], "and you?");
  const json forgetful = run_json("hello\n/reset\nand you?\n");
  EXPECT_EQ(forgetful["turns"][0], result["turns"][0]);
  EXPECT_LT(forgetful["position"], result["position"]);
  EXPECT_EQ(run("hello\n").exit_code, 0);
}

TEST_P(Chat, EndsAtQuitAndAtTheEndOfInput) {
  EXPECT_EQ(run_json("hello\n/quit\nnever\n")["turns"].size(), 1u);
  EXPECT_EQ(run_json("no newline at the end")["turns"].size(), 1u);
  EXPECT_EQ(run_json("")["turns"].size(), 0u);
  EXPECT_EQ(run_json("\n\n")["turns"].size(), 0u);
}

TEST_P(Chat, ASavedConversationGoesOn) {
  const std::string state = directory / "talk";
  const json whole = run_json("hello\nand you?\n");
  run_json("hello\n/save " + state + "\n");
  EXPECT_EQ(run_json("/load " + state + "\nand you?\n")["turns"][0], whole["turns"][1]);
  EXPECT_EQ(run_json("and you?\n", {"--load-state", state})["turns"][0], whole["turns"][1]);
}

TEST_P(Chat, AMistakeInACommandDoesNotEndIt) {
  const CommandResult result = run("/load " + (directory / "none") + "\n/dance\n/save\nhello\n", {"--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.err.find(directory / "none"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("there is no command '/dance'"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("there is no command '/save'"), std::string::npos) << result.err;
  EXPECT_EQ(json::parse(result.out)["turns"].size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Chat, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sequent
