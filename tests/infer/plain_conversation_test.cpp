#include "sequent/infer/plain_conversation.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

GenerateOptions five_tokens() {
  GenerateOptions options;
  options.max_tokens = 5;
  options.ignore_end_of_text = true;
  return options;
}

TEST(PlainConversation, GivesTheModelOneTurnAfterTheOther) {
  const LoadedModel loaded = test::small_loaded_model("mamba");
  PlainConversation conversation(loaded, Tokenizer::bytes());
  const GenerateOptions options = five_tokens();
  const auto ask = [&](const std::string& message) {
    return conversation.answer(message, options, [](std::string_view) {});
  };
  const std::string first = "User: hello\nAssistant:";
  EXPECT_EQ(ask("hello").prompt_tokens, static_cast<std::int64_t>(first.size()));
  EXPECT_EQ(ask("you?").prompt_tokens, static_cast<std::int64_t>(first.size()));  // a letter less, a newline more
  EXPECT_EQ(conversation.session().position(), static_cast<std::int64_t>(2 * (first.size() + 5)));
}

TEST(PlainConversation, ForgetsThatTheModelBeganTheNextTurn) {
  const LoadedModel loaded = test::small_loaded_model("mamba");
  PlainConversation conversation(loaded, Tokenizer::bytes());
  // Whatever this model writes first ends its answer.
  GenerateOptions options = five_tokens();
  options.sampler.temperature = 0;
  const Generation first = conversation.answer("hello", options, [](std::string_view) {});
  ASSERT_FALSE(first.text.empty());
  conversation.reset();
  EXPECT_EQ(conversation.session().position(), 0);
  options.stop = {first.text.substr(0, 1)};
  const Generation second = conversation.answer("hello", options, [](std::string_view) {});
  EXPECT_EQ(second.reason, StopReason::stop_string);
  EXPECT_EQ(conversation.session().position(), 22);
}

TEST(PlainConversation, IsSaved) {
  const test::TemporaryDirectory directory;
  const LoadedModel loaded = test::small_loaded_model("mamba");
  PlainConversation conversation(loaded, Tokenizer::bytes());
  const GenerateOptions options = five_tokens();
  conversation.answer("hello", options, [](std::string_view) {});
  conversation.save(directory / "talk");
  PlainConversation again(loaded, Tokenizer::bytes());
  again.load(directory / "talk");
  EXPECT_EQ(again.answer("you?", options, [](std::string_view) {}).tokens,
            conversation.answer("you?", options, [](std::string_view) {}).tokens);
}

}  // namespace
}  // namespace sequent
