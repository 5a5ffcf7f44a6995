#include <gtest/gtest.h>

#include <fstream>
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

// The model of one architecture is enough for what depends on files only.
class ChatTemplates : public testing::Test {
 protected:
  ChatTemplates() { test::write_small_model(model, "mamba"); }

  void write(const std::string& path, const std::string& content) { std::ofstream(path) << content; }
  json run_json(const std::string& input, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"chat", model, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult result = test::sequent(arguments, {.input = input});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }

  const test::TemporaryDirectory directory;
  const std::string model = directory / "model";
  const std::string turns =
      "{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}{{ 'a:' if add_generation_prompt }}";
};

TEST_F(ChatTemplates, TheTemplateOfTheModelIsUsed) {
  write(model + "/chat_template.jinja", turns);
  EXPECT_EQ(run_json("hello\n", {"--system", "Hm."})["turns"][0]["prompt_tokens"], 16);  // s:Hm.;u:hello;a:
  // A byte that is no text by itself cannot be shown by a template: an answer that is text is looked for.
  for (int seed = 0; seed < 20; ++seed) {
    const json result = run_json("hello\nyou\n", {"--ignore-end-of-text", "-n", "1", "-s", std::to_string(seed)});
    const auto answer = result["turns"][0]["assistant"].get<std::string>();
    if (answer.size() != 1) continue;
    EXPECT_EQ(result["turns"][0]["prompt_tokens"], 10);  // u:hello;a:
    EXPECT_EQ(result["turns"][1]["prompt_tokens"], 9);   // ;u:you;a:
    EXPECT_EQ(result["position"], 10 + 1 + 9 + 1);
    return;
  }
  FAIL() << "no answer was text";
}

TEST_F(ChatTemplates, AnotherMayBeGiven) {
  write(directory / "other.jinja", "{{ messages[-1].content }}");
  EXPECT_EQ(run_json("hello\n", {"--template", directory / "other.jinja"})["turns"][0]["prompt_tokens"], 5);
}

TEST_F(ChatTemplates, AnAnswerEndsAtTheTokensOfTheGenerationConfig) {
  write(model + "/chat_template.jinja", turns);
  std::string all;
  for (int id = 0; id < 257; ++id) all += (id > 0 ? ", " : "") + std::to_string(id);
  write(model + "/generation_config.json", "{\"eos_token_id\": [" + all + "]}");
  const json turn = run_json("hello\n")["turns"][0];
  EXPECT_EQ(turn["stop_reason"], "end_of_text");
  EXPECT_EQ(turn["generated_tokens"], 0);
}

TEST_F(ChatTemplates, MistakesAreErrors) {
  CommandResult result = test::sequent({"chat", model, "--system", "x"}, {.input = "a\n"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("--system needs a chat template"), std::string::npos) << result.err;
  write(model + "/chat_template.jinja", "\n{% include 'x' %}");
  result = test::sequent({"chat", model}, {.input = "a\n"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("chat_template.jinja, line 2: the statement 'include' is not supported"),
            std::string::npos);
  write(model + "/chat_template.jinja", "{{ raise_exception('not this') }}");
  result = test::sequent({"chat", model}, {.input = "a\n"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("chat_template.jinja, line 1: not this"), std::string::npos) << result.err;
}

INSTANTIATE_TEST_SUITE_P(All, Chat, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sequent
