#include "sequent/text/chat_template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

TEST(ChatTemplate, RendersTurnsWithTheTokensOfTheModel) {
  const ChatTemplate chat(
      {"{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}"
       "{% if add_generation_prompt %}[assistant]{% endif %}",
       "chat",
       {{"bos_token", "<s>"}, {"eos_token", "</s>"}}});
  const std::vector<ChatMessage> messages = {{"user", "hi"}, {"assistant", "ho"}};
  EXPECT_EQ(chat.render(messages, true), "<s>[user]hi</s>[assistant]ho</s>[assistant]");
  EXPECT_EQ(chat.render(messages, false), "<s>[user]hi</s>[assistant]ho</s>");
}

TEST(ChatTemplate, ToolsAndDocumentsThatAreNotGivenAreNull) {
  const ChatTemplate chat({"{{ tools }} {{ documents is none }} {{ bos_token is defined }} {{ other }}", "chat", {}});
  EXPECT_EQ(chat.render({}, true), "None True False ");
  EXPECT_EQ(chat.render(Json{{"messages", Json::array()}, {"tools", {1}}, {"other", "x"}}), "[1] True False x");
}

// The strings of Jamba's templates that others checked token for token; the template is our own.
TEST(ChatTemplate, RendersAConversationOfJamba) {
  const ChatTemplate chat(
      {"{% set bom = bom or '<|bom|>' %}{% macro header(role, space=True) %}{{ bom }}<|{{ role }}|>"
       "{{ ' ' if space }}{% endmacro %}{{ bos_token }}{% if messages[0].role != 'system' %}{{ header('system') "
       "}}<|eom|>"
       "{% endif %}{% for m in messages %}{{ header(m.role) + m.content }}<|eom|>{% endfor %}"
       "{{ header(*['assistant', False]) if add_generation_prompt }}",
       "chat",
       {{"bos_token", "<|startoftext|>"}}});
  EXPECT_EQ(chat.render(std::vector<ChatMessage>{{"user", "Hello, how are you?"}}, true),
            "<|startoftext|><|bom|><|system|> <|eom|><|bom|><|user|> Hello, how are you?<|eom|><|bom|><|assistant|>");
  EXPECT_EQ(chat.render(std::vector<ChatMessage>{{"system", "Sys."}, {"user", "Hi"}}, true),
            "<|startoftext|><|bom|><|system|> Sys.<|eom|><|bom|><|user|> Hi<|eom|><|bom|><|assistant|>");
}

TEST(ChatTemplate, MistakesAreThoseOfTheFile) {
  EXPECT_EQ(test::error_of([] {
              ChatTemplate({"\n{% if %}", "dir/chat_template.jinja", {}});
            }),
            "dir/chat_template.jinja, line 2: something is missing before the end of the mark");
}

}  // namespace
}  // namespace sequent
