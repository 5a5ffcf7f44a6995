#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/golden.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class GenerateCommand : public testing::TestWithParam<std::string> {
 protected:
  GenerateCommand() { test::write_small_model(model, GetParam()); }

  CommandResult run(std::vector<std::string> arguments, const test::CommandOptions& options = {}) const {
    arguments.insert(arguments.begin(), {"generate", model});
    return test::sequent(arguments, options);
  }
  json run_json(std::vector<std::string> arguments, const test::CommandOptions& options = {}) const {
    arguments.emplace_back("--json");
    const CommandResult result = run(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }

  const test::TemporaryDirectory directory;
  const std::string model = directory / "model";
};

TEST_P(GenerateCommand, WritesTextOnStdoutAndSpeedOnStderr) {
  const CommandResult result = run({"-p", "hello", "-n", "30", "-s", "1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.ends_with("\n"));
  EXPECT_TRUE(result.err.starts_with("read 5 tokens (")) << result.err;
  EXPECT_EQ(run({"-p", "hello", "-n", "30", "-s", "1"}).out, result.out);
  EXPECT_NE(run({"-p", "hello", "-n", "30", "-s", "2"}).out, result.out);
  EXPECT_EQ(run({"-p", "hello", "-n", "30", "-s", "1", "-t", "1"}).exit_code, 0);
}

TEST_P(GenerateCommand, PrintsOneJsonObject) {
  const json result = run_json({"-p", "hello", "-n", "30", "-s", "1"});
  EXPECT_EQ(result["prompt_tokens"], 5);
  EXPECT_EQ(result["generated_tokens"], result["tokens"].size());
  EXPECT_TRUE(result["text"].is_string());
  EXPECT_GT(result["decode_ms_per_token"], 0);
  EXPECT_GT(result["state_bytes"], 0);
}

TEST_P(GenerateCommand, TakesThePromptFromFlagFileOrStdin) {
  std::ofstream(directory / "prompt") << "a prompt\n";
  const json expected = run_json({"-p", "a prompt\n", "-n", "20"})["tokens"];
  EXPECT_EQ(run_json({"--prompt-file", directory / "prompt", "-n", "20"})["tokens"], expected);
  EXPECT_EQ(run_json({"-p", "-", "-n", "20"}, {.input = "a prompt\n"})["tokens"], expected);
  EXPECT_EQ(run_json({"--prompt-file", "-", "-n", "20"}, {.input = "a prompt\n"})["tokens"], expected);
  EXPECT_EQ(run({"-p", "x", "--prompt-file", "y"}).exit_code, 2);
  EXPECT_EQ(run_json({"-n", "3"})["prompt_tokens"], 1);
}

TEST_P(GenerateCommand, ASavedStateContinuesAsIfItHadNotStopped) {
  const json whole = run_json({"-p", "abc", "-n", "40", "-s", "5"});
  const json first = run_json({"-p", "abc", "-n", "15", "-s", "5", "--save-state", directory / "state"});
  const json second = run_json({"-n", "25", "-s", "5", "--load-state", directory / "state"});
  json joined = first["tokens"];
  for (const json& id : second["tokens"]) joined.push_back(id);
  EXPECT_EQ(joined, whole["tokens"]);

  test::write_small_model(directory / "other", GetParam(), 2);
  const CommandResult foreign =
      test::sequent({"generate", directory / "other", "--load-state", directory / "state", "-n", "1"});
  EXPECT_EQ(foreign.exit_code, 1);
  EXPECT_NE(foreign.err.find("was saved from another model"), std::string::npos) << foreign.err;
  const CommandResult missing = run({"--load-state", directory / "none"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find(directory / "none"), std::string::npos) << missing.err;
}

TEST_P(GenerateCommand, StopsAtAStopString) {
  const std::vector<std::string> flags = {"-p", "abc", "-n", "100", "-s", "5", "--ignore-end-of-text"};
  const std::string text = run_json(flags)["text"];
  // Some letter, because a stop string must come whole out of the command line.
  const auto letter = std::find_if(text.begin() + 5, text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  ASSERT_NE(letter, text.end());
  std::vector<std::string> with_stop = flags;
  with_stop.insert(with_stop.end(), {"--stop", "never to be seen", "--stop", std::string(1, *letter)});
  const json stopped = run_json(with_stop);
  EXPECT_EQ(stopped["stop_reason"], "stop_string");
  EXPECT_EQ(stopped["text"], text.substr(0, text.find(*letter)));
}

TEST_P(GenerateCommand, AnInterruptEndsItCleanly) {
  const std::vector<std::string> flags = {
      "-p", "abc", "-n", "100000000", "-s", "1", "--ignore-end-of-text", "--save-state", directory / "state"};
  const CommandResult result = run(flags, {.after_output = [](pid_t process) { kill(process, SIGINT); }});
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_TRUE(result.out.ends_with("\n"));
  EXPECT_NE(result.err.find("read 3 tokens"), std::string::npos) << result.err;
  EXPECT_EQ(run({"-n", "3", "--load-state", directory / "state"}).exit_code, 0);
}

TEST_P(GenerateCommand, BadValuesAreWrongUsage) {
  const std::vector<std::vector<std::string>> wrong = {
      {"-n", "-1"},     {"--temp", "-1"},  {"--temp", "hot"},         {"--top-k", "-3"},           {"--top-p", "0"},
      {"--top-p", "2"}, {"--min-p", "-1"}, {"--repeat-penalty", "0"}, {"--repeat-window", "9999"}, {"-s", "x"}};
  for (const auto& arguments : wrong) EXPECT_EQ(run(arguments).exit_code, 2) << arguments[0] << arguments[1];
  EXPECT_EQ(run({"--stop", ""}).exit_code, 1);
}

TEST_P(GenerateCommand, SaysWhatIsMissing) {
  std::filesystem::remove(model + "/tokenizer.json");
  const CommandResult result = run({"-p", "x"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("tokenizer.json"), std::string::npos) << result.err;
  std::filesystem::remove(model + "/model.safetensors");
  EXPECT_NE(run({"-p", "x"}).err.find("model.safetensors"), std::string::npos);
  const CommandResult empty = test::sequent({"generate", directory.path().string(), "-p", "x"});
  EXPECT_EQ(empty.exit_code, 1);
  EXPECT_NE(empty.err.find("config.json"), std::string::npos) << empty.err;
}

INSTANTIATE_TEST_SUITE_P(All, GenerateCommand, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

// As a user would: a model directory and a prompt, and nothing else.
class GenerateFromADirectory : public testing::TestWithParam<std::string> {};

TEST_P(GenerateFromADirectory, WritesText) {
  const std::string directory = SEQUENT_SOURCE_DIR "/tests/golden/" + GetParam();
  const CommandResult result = test::sequent({"generate", directory, "-p", "the cat", "-n", "8", "-s", "1", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json object = json::parse(result.out);
  EXPECT_GE(object["prompt_tokens"], 6);
  EXPECT_LE(object["generated_tokens"], 8);
  EXPECT_TRUE(object["text"].is_string());
}

std::vector<std::string> golden_directories() {
  std::vector<std::string> names;
  for (const char* kind : {"models", "encoder_decoders"}) {
    const std::filesystem::path root = std::filesystem::path(SEQUENT_SOURCE_DIR "/tests/golden") / kind;
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      names.push_back(std::string(kind) + "/" + entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Golden, GenerateFromADirectory, testing::ValuesIn(golden_directories()),
                         [](const auto& each) { return test::test_name(each.param); });

}  // namespace
}  // namespace sequent
