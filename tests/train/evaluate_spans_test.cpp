#include "sequent/train/evaluate_spans.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/base/error.h"
#include "sequent/text/corpus.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_encoder_decoders.h"

namespace sequent {
namespace {

class SpanEvaluation : public testing::Test {
 protected:
  TokenDataset dataset_of(const std::string& text) const {
    return TokenDataset::open(Corpus(std::vector<std::filesystem::path>{directory.write("text.txt", text)}), tokenizer, directory / "cache");
  }

  test::TemporaryDirectory directory;
  const Tokenizer tokenizer = with_sentinels(Tokenizer::bytes());
  const LoadedEncoderDecoder loaded = test::small_encoder_decoder("switch-t5");
  const SpanMarks marks = span_marks(*loaded.model, tokenizer);
};

TEST_F(SpanEvaluation, AFreshModelGuessesAndTheBlanksAreTheSameEveryTime) {
  const TokenDataset data = dataset_of(test::some_text(100));
  const EvaluationOptions options{.context = 40, .batch = 3, .tokens = 0};
  const Evaluation once = evaluate_spans(*loaded.model, marks, data.all(), options);
  const Evaluation again = evaluate_spans(*loaded.model, marks, data.all(), options);
  EXPECT_EQ(once.loss, again.loss);
  EXPECT_EQ(once.loss_by_position, again.loss_by_position);
  // Fresh logits are not flat: about ln 357 and a bit.
  EXPECT_NEAR(once.loss, std::log(357.0), 1.5);
  // About 15 of 100 tokens and a sentinel for every three of them.
  const auto share = static_cast<double>(once.tokens) / static_cast<double>(data.tokens());
  EXPECT_GT(share, 0.15);
  EXPECT_LT(share, 0.3);
  EXPECT_EQ(once.bits_per_byte(), 0);
}

TEST_F(SpanEvaluation, StopsAfterAboutAsMuchTextAsAskedFor) {
  const TokenDataset data = dataset_of(test::some_text(100));
  const Evaluation all = evaluate_spans(*loaded.model, marks, data.all(), {.context = 40, .batch = 2});
  const Evaluation part = evaluate_spans(*loaded.model, marks, data.all(), {.context = 40, .batch = 2, .tokens = 100});
  EXPECT_LT(part.tokens, all.tokens);
}

TEST_F(SpanEvaluation, NeedsSentinelsAndText) {
  EXPECT_THROW(span_marks(*loaded.model, Tokenizer::bytes()), Error);
  EXPECT_THROW(evaluate_spans(*loaded.model, marks, dataset_of("a").all(), {.context = 40, .batch = 2}), Error);
}

}  // namespace
}  // namespace sequent
