// The compare command as a user runs it: killed, started again, misused.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "sequent/base/files.h"
#include "tests/support/command.h"
#include "tests/support/process.h"
#include "tests/support/sample_text.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;
namespace fs = std::filesystem;

class CompareCommand : public testing::Test {
 protected:
  CompareCommand() { directory.write("text.txt", test::some_text(1000)); }

  std::vector<std::string> words(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> list = {"compare"};
    for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{{"archs", "transformer,mamba"},
                                                                                      {"data", directory / "text.txt"},
                                                                                      {"out", directory / out},
                                                                                      {"width", "32"},
                                                                                      {"layers", "2"},
                                                                                      {"context", "32"},
                                                                                      {"batch", "4"},
                                                                                      {"contexts", "16,1k"},
                                                                                      {"sample-tokens", "20"},
                                                                                      {"threads", "1"}}) {
      list.push_back("--" + flag);
      list.push_back(value);
    }
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
  test::TemporaryDirectory directory;
};

TEST_F(CompareCommand, PrintsATableAndWhereTheReportIs) {
  const CommandResult result = test::sequent(words("a", {"--steps", "20"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"Matched: equal numbers of parameters", "architecture", "transformer", "mamba", "val loss",
                           "time to write a token", "1K", "At equal tokens", "a/report.html"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in " << result.out;
  }
  EXPECT_NE(result.err.find("1/2 transformer"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("measuring mamba at 1K"), std::string::npos) << result.err;
}

TEST_F(CompareCommand, JsonIsTheFileOfResults) {
  const CommandResult result = test::sequent(words("a", {"--tokens", "1K", "--json", "-p", "it's"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const json object = json::parse(result.out);
  EXPECT_EQ(object, json::parse(read_text(directory / "a/results.json")));
  EXPECT_EQ(object["architectures"][0]["tokens"], 1024);
  EXPECT_NE(object["command"].get<std::string>().find(R"(--tokens 1K --json -p 'it'\''s')"), std::string::npos);
}

TEST_F(CompareCommand, BadValuesAreExplained) {
  const auto error = [&](const std::vector<std::string>& more, int code) {
    const CommandResult result = test::sequent(words("a", more));
    EXPECT_EQ(result.exit_code, code) << result.err;
    return result.err;
  };
  EXPECT_NE(error({}, 1).find("exactly one of --steps, --tokens and --minutes"), std::string::npos);
  EXPECT_NE(error({"--steps", "1", "--archs", "perceptron"}, 1).find("there is no 'perceptron'"), std::string::npos);
  error({"--steps", "1", "--match", "luck"}, 2);
  error({"--steps", "1", "--contexts", "1x"}, 2);
  error({"--steps", "1", "--arch", "mamba"}, 2);
  EXPECT_NE(error({"--tokens", "many"}, 1).find("tokens: 'many' is not a whole number"), std::string::npos);
}

using CompareCommandSlow = CompareCommand;

// Killed again and again at whatever it was doing, it ends with the same models.
TEST_F(CompareCommandSlow, KilledAtAnyMomentItContinues) {
  const std::vector<std::string> length = {"--steps", "300", "--save-every", "10"};
  ASSERT_EQ(test::sequent(words("whole", length)).exit_code, 0);
  int kills = 0;
  for (int milliseconds = 150; kills < 30; milliseconds += 60) {
    const test::Process process(words("killed", length), directory / "log");
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    process.signal(SIGKILL);
    if (process.wait() == 0) break;
    ++kills;
  }
  EXPECT_GT(kills, 2);
  ASSERT_EQ(test::sequent(words("killed", length)).exit_code, 0);
  for (const char* run : {"transformer-seed1", "mamba-seed1"}) {
    const auto weights = [&](const std::string& out) {
      return read_text(directory / (out + "/runs/" + run + "/checkpoints/step-300/model.safetensors"));
    };
    EXPECT_TRUE(weights("whole") == weights("killed")) << run;
  }
}

TEST_F(CompareCommandSlow, InterruptedItSavesAndSaysHowToGoOn) {
  const std::vector<std::string> all = words("a", {"--steps", "100000", "--eval-every", "5000"});
  const test::Process process(all, directory / "log");
  for (int i = 0; i < 1000 && !fs::exists(directory / "a/runs/transformer-seed1/metrics.jsonl"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_NE(read_text(directory / "log").find("the same command goes on where this one was"), std::string::npos);
  EXPECT_TRUE(fs::exists(directory / "a/runs/transformer-seed1/latest"));
}

}  // namespace
}  // namespace sequent
