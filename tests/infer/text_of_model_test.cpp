#include "sequent/infer/text_of_model.h"

#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

const std::string kGguf = SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/llama.gguf";

TEST(TextOfModel, AGgufFileHasItsChatTemplate) {
  const auto chat = chat_template_of_model(kGguf, tokenizer_of_model(kGguf));
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->source, "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}");
  EXPECT_EQ(chat->name, kGguf);
  ASSERT_EQ(chat->tokens.size(), 2u);
  EXPECT_EQ(chat->tokens[0], (std::pair<std::string, std::string>("bos_token", "<s>")));
}

TEST(TextOfModel, ATemplateFromElsewhereKnowsTheTokensOfTheModel) {
  const test::TemporaryDirectory directory;
  write_file_atomically(directory / "own.jinja", "{{ eos_token }}");
  const ChatTemplateFile chat = chat_template_of_model(kGguf, tokenizer_of_model(kGguf), directory / "own.jinja");
  EXPECT_EQ(chat.source, "{{ eos_token }}");
  EXPECT_EQ(chat.tokens.size(), 2u);
}

TEST(TextOfModel, DirectoriesAreReadAsEver) {
  const test::TemporaryDirectory directory;
  Tokenizer::bytes().save(directory / ".");
  EXPECT_EQ(tokenizer_of_model(directory / ".").file(), Tokenizer::bytes().file());
  EXPECT_FALSE(chat_template_of_model(directory / ".", Tokenizer::bytes()));
  write_file_atomically(directory / "chat_template.jinja", "x");
  EXPECT_EQ(chat_template_of_model(directory / ".", Tokenizer::bytes())->source, "x");
}

}  // namespace
}  // namespace sequent
