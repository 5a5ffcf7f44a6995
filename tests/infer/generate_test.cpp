#include "sequent/infer/generate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sequent/infer/state_file.h"
#include "sequent/text/utf8.h"
#include "tests/support/files.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

class Generate : public testing::TestWithParam<std::string> {
 protected:
  Generation run(Session& session, std::string_view prompt, const GenerateOptions& options) {
    pieces.clear();
    return generate(session, tokenizer, tokenizer.encode(prompt), options,
                    [&](std::string_view piece) { pieces.emplace_back(piece); });
  }
  Generation run(std::string_view prompt, const GenerateOptions& options) {
    Session session(*loaded.model);
    return run(session, prompt, options);
  }
  static GenerateOptions tokens(std::int64_t count, std::uint64_t seed = 5) {
    GenerateOptions options;
    options.max_tokens = count;
    options.ignore_end_of_text = true;
    options.sampler = {.temperature = 1.5, .top_k = 0, .top_p = 1.0, .seed = seed};
    return options;
  }

  const LoadedModel loaded = test::small_loaded_model(GetParam());
  const Tokenizer tokenizer = Tokenizer::bytes();
  std::vector<std::string> pieces;
};

TEST_P(Generate, TheSameSeedGivesTheSameTextAndAnotherSeedAnother) {
  const Generation first = run("once upon", tokens(60));
  EXPECT_EQ(run("once upon", tokens(60)).tokens, first.tokens);
  EXPECT_NE(run("once upon", tokens(60, 6)).tokens, first.tokens);
  EXPECT_NE(run("once upom", tokens(60)).tokens, first.tokens);
}

TEST_P(Generate, StopsAtFurtherEndTokens) {
  GenerateOptions options = tokens(30);
  const std::vector<std::int32_t> all = run("four", options).tokens;
  options.ignore_end_of_text = false;
  options.end_tokens = {300, all[7]};
  const Generation result = run("four", options);
  const auto first = std::find(all.begin(), all.end(), all[7]) - all.begin();
  EXPECT_EQ(result.reason, StopReason::end_of_text);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(result.tokens.size()), first);
}

TEST_P(Generate, ReportsWhatItDid) {
  const Generation result = run("four", tokens(30));
  EXPECT_EQ(result.prompt_tokens, 4);
  EXPECT_EQ(result.reason, StopReason::max_tokens);
  EXPECT_EQ(result.tokens.size(), 30u);
  EXPECT_EQ(result.state_bytes, loaded.model->state_bytes(4 + static_cast<std::int64_t>(result.tokens.size())));
  EXPECT_EQ(result.text, tokenizer.decode(result.tokens));
  std::string joined;
  for (const std::string& piece : pieces) joined += piece;
  EXPECT_EQ(joined, result.text);
  EXPECT_GT(result.prefill_tokens_per_second(), 0);
  EXPECT_GT(result.decode_milliseconds_per_token(), 0);
}

TEST_P(Generate, NoPieceEndsWithinACharacter) {
  // Random bytes make characters now and then; a piece must hold all of one or none of it.
  run("x", tokens(2000, 9));
  std::string whole;
  for (const std::string& piece : pieces) whole += piece;
  std::vector<bool> boundary(whole.size() + 1, false);
  bool any = false;
  for (std::size_t at = 0; at < whole.size();) {
    const Utf8Character character = utf8_character(whole, at);
    boundary[at] = true;
    any = any || character.length > 1;
    at += static_cast<std::size_t>(character.length);
  }
  boundary[whole.size()] = true;
  ASSERT_TRUE(any);
  std::size_t at = 0;
  for (const std::string& piece : pieces) {
    EXPECT_TRUE(boundary[at]) << "a piece begins within a character at " << at;
    at += piece.size();
  }
}

TEST_P(Generate, StoppingSavingAndGoingOnGivesTheSameText) {
  const test::TemporaryDirectory directory;
  const Generation whole = run("abc", tokens(40));
  Session session(*loaded.model);
  std::vector<std::int32_t> made = run(session, "abc", tokens(15)).tokens;
  save_session(directory / "state", loaded, session);
  Session restored = load_session(directory / "state", loaded);
  const Generation rest = run(restored, "", tokens(25));
  EXPECT_EQ(rest.prompt_tokens, 0);
  made.insert(made.end(), rest.tokens.begin(), rest.tokens.end());
  EXPECT_EQ(made, whole.tokens);
}

TEST_P(Generate, AnEmptyPromptBeginsADocument) {
  GenerateOptions options = tokens(20);
  const Generation empty = run("", options);
  EXPECT_EQ(empty.prompt_tokens, 1);
  Session session(*loaded.model);
  const std::vector<std::int32_t> beginning = {tokenizer.end_of_text()};
  const Generation same = generate(session, tokenizer, beginning, options, [](std::string_view) {});
  EXPECT_EQ(empty.tokens, same.tokens);
}

TEST_P(Generate, StopsAtAStopString) {
  const Generation whole = run("abc", tokens(60));
  ASSERT_GT(whole.text.size(), 20u);
  GenerateOptions options = tokens(60);
  options.stop = {whole.text.substr(12, 3), "this will not appear"};
  const std::size_t at = whole.text.find(options.stop.front());
  const Generation stopped = run("abc", options);
  EXPECT_EQ(stopped.reason, StopReason::stop_string);
  EXPECT_EQ(stopped.text, whole.text.substr(0, at));
  EXPECT_LT(stopped.tokens.size(), whole.tokens.size());
}

TEST_P(Generate, StopsAtTheEndOfTheText) {
  // One token among 257 that are all about as likely.
  GenerateOptions options = tokens(20000);
  options.ignore_end_of_text = false;
  const Generation result = run("", options);
  ASSERT_EQ(result.reason, StopReason::end_of_text);
  for (const std::int32_t id : result.tokens) EXPECT_NE(id, tokenizer.end_of_text());
}

TEST_P(Generate, GoesOnAfterTheEndOfATextIfToldTo) {
  GenerateOptions options = tokens(2000);
  const Generation result = run("", options);
  EXPECT_EQ(result.tokens.size(), 2000u);
  EXPECT_EQ(result.text, tokenizer.decode(result.tokens));
  EXPECT_NE(std::find(result.tokens.begin(), result.tokens.end(), tokenizer.end_of_text()), result.tokens.end());
}

TEST_P(Generate, AnInterruptEndsItWithWhatThereIs) {
  std::atomic<bool> stop = false;
  GenerateOptions options = tokens(100000);
  options.interrupt = &stop;
  Session session(*loaded.model);
  int count = 0;
  const Generation result =
      generate(session, tokenizer, tokenizer.encode("abc"), options, [&](std::string_view) { stop = ++count == 10; });
  EXPECT_EQ(result.reason, StopReason::interrupted);
  EXPECT_EQ(count, 10);
  EXPECT_EQ(session.position(), 3 + static_cast<std::int64_t>(result.tokens.size()));
}

TEST_P(Generate, NoTokensMeansReadingOnly) {
  Session session(*loaded.model);
  const Generation result = run(session, "abc", tokens(0));
  EXPECT_TRUE(result.tokens.empty());
  EXPECT_EQ(result.text, "");
  EXPECT_EQ(session.position(), 3);
  EXPECT_EQ(result.decode_milliseconds_per_token(), 0);
}

TEST_P(Generate, RefusesBadOptionsBeforeReading) {
  Session session(*loaded.model);
  GenerateOptions options = tokens(-1);
  EXPECT_EQ(test::error_of([&] { run(session, "abc", options); }), "generate: max_tokens must be 0 or more, got -1");
  options = tokens(5);
  options.sampler.temperature = -1;
  EXPECT_EQ(test::error_of([&] { run(session, "abc", options); }),
            "sample: temperature must be 0 or more and finite, got -1");
  EXPECT_EQ(session.position(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Generate, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sequent
