#include "sequent/train/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "sequent/infer/sequence_logits.h"
#include "sequent/text/tokenizer.h"
#include "tests/support/sample_text.h"
#include "tests/support/files.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

class Evaluate : public testing::Test {
 protected:
  TokenDataset dataset_of(const std::vector<std::string>& documents) const {
    std::vector<std::filesystem::path> paths;
    for (const std::string& text : documents) {
      paths.push_back(directory.write("document" + std::to_string(paths.size()), text));
    }
    return TokenDataset::open(Corpus(paths), Tokenizer::bytes(), directory / "cache");
  }

  const test::TemporaryDirectory directory;
  const std::unique_ptr<LanguageModel> model = test::small_model("mamba");
};

// -log of the softmax at the target, in double.
double loss_of(const float* logits, std::int64_t vocabulary, std::int32_t target) {
  double sum = 0;
  for (std::int64_t i = 0; i < vocabulary; ++i) sum += std::exp(static_cast<double>(logits[i]));
  return std::log(sum) - logits[target];
}

TEST_F(Evaluate, IsTheMeanOfTheTokensLossesWithEachDocumentByItself) {
  const TokenDataset data = dataset_of({"first text", "and a second one, longer"});
  std::vector<std::int32_t> ids;
  data.all().append(0, data.tokens(), ids);
  // One window holds all: a sequence for each document, which sees nothing of the other.
  const std::int64_t second = data.document_begin(1);
  const Segments segments({0, second, data.tokens() - 1});
  const Tensor logits = sequence_logits(*model, std::span(ids).first(ids.size() - 1), segments, Form::parallel);
  double total = 0;
  std::vector<double> by_position(static_cast<std::size_t>(segments.length(1)));
  std::vector<std::int64_t> counts(by_position.size());
  for (std::int64_t s = 0; s < 2; ++s) {
    for (std::int64_t t = segments.begin(s); t < segments.end(s); ++t) {
      const double loss = loss_of(logits.floats() + t * 257, 257, ids[static_cast<std::size_t>(t) + 1]);
      total += loss;
      by_position[static_cast<std::size_t>(t - segments.begin(s))] += loss;
      ++counts[static_cast<std::size_t>(t - segments.begin(s))];
    }
  }
  const Evaluation evaluation = evaluate(*model, data.all(), {.context = 1000, .batch = 3});
  EXPECT_EQ(evaluation.tokens, data.tokens() - 1);
  EXPECT_EQ(evaluation.bytes, data.bytes());
  EXPECT_NEAR(evaluation.loss, total / static_cast<double>(data.tokens() - 1), 1e-5);
  EXPECT_NEAR(evaluation.perplexity(), std::exp(evaluation.loss), 1e-9);
  EXPECT_NEAR(evaluation.bits_per_byte(), total / std::numbers::ln2 / static_cast<double>(data.bytes()), 1e-4);
  EXPECT_EQ(evaluation.tokens_by_position, counts);
  ASSERT_EQ(evaluation.loss_by_position.size(), by_position.size());
  for (std::size_t p = 0; p < by_position.size(); ++p) {
    EXPECT_NEAR(evaluation.loss_by_position[p], by_position[p] / static_cast<double>(counts[p]), 1e-4) << p;
  }
}

TEST_F(Evaluate, DoesNotDependOnTheBatch) {
  const TokenDataset data = dataset_of({test::some_text(30)});
  const Evaluation one = evaluate(*model, data.all(), {.context = 50, .batch = 1});
  for (const std::int64_t batch : {2, 7, 1000}) {
    const Evaluation many = evaluate(*model, data.all(), {.context = 50, .batch = batch});
    EXPECT_EQ(many.tokens, one.tokens);
    EXPECT_EQ(many.tokens_by_position, one.tokens_by_position);
    EXPECT_NEAR(many.loss, one.loss, 1e-6);
  }
  EXPECT_EQ(one.loss_by_position.size(), 50u);
}

TEST_F(Evaluate, StopsAfterTheTokensAskedForAndSaysHowFarItIs) {
  const TokenDataset data = dataset_of({test::some_text(30)});
  std::vector<std::int64_t> reports;
  std::int64_t total = 0;
  const Evaluation part =
      evaluate(*model, data.all(),
               {.context = 20, .batch = 2, .tokens = 90, .progress = [&](std::int64_t done, std::int64_t all) {
                  reports.push_back(done);
                  total = all;
                }});
  EXPECT_EQ(part.tokens, 120);
  EXPECT_EQ(part.bytes, 120);
  EXPECT_EQ(reports, (std::vector<std::int64_t>{40, 80, 120}));
  EXPECT_EQ(total, 120);
  EXPECT_GT(part.tokens_per_second(), 0);
}

TEST_F(Evaluate, RefusesWhatCannotBe) {
  const TokenDataset data = dataset_of({"text"});
  EXPECT_EQ(test::error_of([&] { evaluate(*model, data.all(), {.tokens = -1}); }),
            "evaluate: tokens must not be negative, got -1");
  EXPECT_THROW(evaluate(*model, data.all(), {.context = 0}), Error);
  EXPECT_THROW(evaluate(*model, data.all(), {.batch = -2}), Error);
  EXPECT_THROW(evaluate(*model, data.view(0, 1)), Error);
}

}  // namespace
}  // namespace sequent
