#include "sequent/infer/template_conversation.h"

#include <gtest/gtest.h>

#include "sequent/infer/state_file.h"
#include "tests/support/files.h"
#include "tests/support/small_directories.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr const char* kTurns =
    "<s>{% for m in messages %}<{{ m.role }}>{{ m.content }}</>\n{% endfor %}{{ '<assistant>' if add_generation_prompt "
    "}}";

class TemplateConversations : public testing::TestWithParam<std::string> {
 protected:
  TemplateConversations() {
    options.max_tokens = 9;
    options.ignore_end_of_text = true;
  }

  TemplateConversation talk(const std::string& source, const std::string& system = "") const {
    return TemplateConversation(loaded, tokenizer, ChatTemplate({source, "template", {}}), system);
  }
  Generation ask(TemplateConversation& conversation, const std::string& message) const {
    return conversation.answer(message, options, [](std::string_view) {});
  }
  // What a session that reads `text` from the beginning expects next.
  std::vector<double> logits_after(const std::string& text) const {
    Session session(*loaded.model);
    return test::to_doubles(session.feed(tokenizer.encode(text)));
  }

  const LoadedModel loaded = test::small_loaded_model(GetParam());
  // Every byte is a token here, so that no text is cut in two ways.
  const Tokenizer tokenizer = Tokenizer::bytes();
  GenerateOptions options;
};

TEST_P(TemplateConversations, ReadsOnlyWhatIsNew) {
  const std::string prompt = "<s><system>Be brief.</>\n<user>hello</>\n<assistant>";
  const std::string rest = "</>\n<user>and you?</>\n<assistant>";
  options.max_tokens = 1;
  // A byte that is no text by itself cannot be shown by a template: a model that writes none is looked for.
  for (options.sampler.seed = 0; options.sampler.seed < 100; ++options.sampler.seed) {
    TemplateConversation conversation = talk(kTurns, "Be brief.");
    const Generation first = ask(conversation, "hello");
    if (first.tokens[0] >= 128) continue;
    EXPECT_EQ(first.prompt_tokens, static_cast<std::int64_t>(prompt.size()));
    const Generation second = ask(conversation, "and you?");
    EXPECT_EQ(second.prompt_tokens, static_cast<std::int64_t>(rest.size()));
    // And it is the state that reading all of it gives.
    const std::string all = prompt + tokenizer.decode(first.tokens) + rest + tokenizer.decode(second.tokens);
    const std::vector<double> expected = logits_after(all);
    const std::vector<double> found = test::to_doubles(conversation.session().logits());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4);
    return;
  }
  FAIL() << "no answer was text";
}

TEST_P(TemplateConversations, ReadsAgainWhatTheTemplateChanges) {
  // The answer is shown otherwise than it was written: it is read again, but nothing before it.
  TemplateConversation changed = talk(
      "{% for m in messages %}{{ m.content if m.role == 'user' else m.content|length }}/{% endfor %}"
      "{{ '' if add_generation_prompt }}");
  EXPECT_EQ(ask(changed, "hello").prompt_tokens, 6);
  const std::string answer = std::to_string(ask(changed, "you").prompt_tokens);
  EXPECT_EQ(answer, "6");  // "9/" and "you/"
  // Only the last message is shown: everything is read again.
  TemplateConversation forgetful = talk("{{ messages[-1].content }}!");
  EXPECT_EQ(ask(forgetful, "hello").prompt_tokens, 6);
  EXPECT_EQ(ask(forgetful, "you").prompt_tokens, 4);
  EXPECT_EQ(forgetful.session().position(), 4 + 9);
}

TEST(TemplateConversation, AnAnswerIsKeptAsTheTemplateShowsIt) {
  const std::vector<ChatMessage> messages = {{"user", "hello"}};
  // One template writes the space before an answer, one does not; the model writes it in both.
  const ChatTemplate spaced({"{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}", "template", {}});
  EXPECT_EQ(answer_as_shown(spaced, messages, " Hi.\n", "[user] hello[assistant] Hi."), "Hi.");
  const ChatTemplate plain({"{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}", "template", {}});
  EXPECT_EQ(answer_as_shown(plain, messages, " Hi.\n", "[user]hello[assistant] Hi.\n"), " Hi.\n");
  const ChatTemplate hidden({"{{ messages[0].content }}{{ raise_exception('no') if messages|length > 1 }}", "t", {}});
  EXPECT_FALSE(answer_as_shown(hidden, messages, "Hi.", "helloHi."));
}

TEST_P(TemplateConversations, WhatTheTemplateRefusesChangesNothing) {
  TemplateConversation conversation = talk(
      "{% if messages[-1].content == 'no' %}{{ raise_exception('not this') }}{% endif %}{% for m in messages %}"
      "{{ m.content }}|{% endfor %}");
  ask(conversation, "hello");
  const std::int64_t position = conversation.session().position();
  EXPECT_EQ(test::error_of([&] { ask(conversation, "no"); }), "template, line 1: not this");
  EXPECT_EQ(conversation.session().position(), position);
  EXPECT_EQ(conversation.messages().size(), 2u);
}

TEST_P(TemplateConversations, CanBeSavedAndForgotten) {
  const test::TemporaryDirectory directory;
  TemplateConversation whole = talk(kTurns, "Be brief.");
  options.max_tokens = 1;
  while (ask(whole, "hello").tokens[0] >= 128) {
    whole.reset();
    ASSERT_LT(++options.sampler.seed, 100u) << "no answer was text";
  }
  whole.save(directory / "talk");
  const Generation next = ask(whole, "and you?");
  TemplateConversation again = talk(kTurns);
  again.load(directory / "talk");
  EXPECT_EQ(again.messages().size(), 3u);
  const Generation same = ask(again, "and you?");
  EXPECT_EQ(same.tokens, next.tokens);
  EXPECT_EQ(same.prompt_tokens, next.prompt_tokens);
  again.reset();
  EXPECT_EQ(again.session().position(), 0);
  EXPECT_TRUE(again.messages().empty());
  Session plain(*loaded.model);
  plain.feed(1);
  save_session(directory / "plain", loaded, plain);
  EXPECT_NE(test::error_of([&] { again.load(directory / "plain"); }).find("holds no conversation"), std::string::npos);
}

// A tokenizer with a token before each text and one behind it.
Tokenizer surrounding_tokenizer() {
  std::string file = Tokenizer::bytes().file();
  const std::string none = "\"post_processor\": null";
  file.replace(file.find(none), none.size(), R"("post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "x", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "y", "type_id": 0}}],
    "special_tokens": {"x": {"id": "x", "ids": [256], "tokens": ["x"]}, "y": {"id": "y", "ids": [7], "tokens": ["y"]}}})");
  return Tokenizer::from_json(file);
}

TEST(TemplateConversation, TheTextBeginsWithTheBeginOfTextTokenOnce) {
  const LoadedModel loaded = test::small_loaded_model("mamba");
  GenerateOptions options;
  options.max_tokens = 1;
  const auto prompt_tokens = [&](const std::string& source) {
    TemplateConversation conversation(loaded, surrounding_tokenizer(), ChatTemplate({source, "template", {}}));
    return conversation.answer("hello", options, [](std::string_view) {}).prompt_tokens;
  };
  EXPECT_EQ(prompt_tokens("{{ messages[0].content }}"), 6);
  EXPECT_EQ(prompt_tokens("<|endoftext|>{{ messages[0].content }}"), 6);
}

INSTANTIATE_TEST_SUITE_P(All, TemplateConversations, testing::Values("transformer", "mamba"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sequent
