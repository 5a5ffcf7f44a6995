#include "sequent/train/training_step.h"

#include <gtest/gtest.h>

#include "sequent/text/corpus.h"
#include "sequent/text/dataset.h"
#include "sequent/train/optimizer.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class EveryTrainingStep : public testing::TestWithParam<std::string> {
 protected:
  EveryTrainingStep() {
    directory.write("text.txt", test::some_text(200));
    const std::vector<std::filesystem::path> paths = {directory / "text.txt"};
    dataset.emplace(TokenDataset::open(Corpus(paths), Tokenizer::bytes(), directory / "cache"));
    model->parameters().flatten();
  }
  std::vector<double> gradients() const { return test::to_doubles(model->parameters().gradients()); }

  test::TemporaryDirectory directory;
  std::optional<TokenDataset> dataset;
  std::unique_ptr<LanguageModel> model = test::small_model(GetParam());
};

TEST_P(EveryTrainingStep, AccumulatedBatchesEqualOneLargeOne) {
  TrainingStep whole(*model, dataset->all(), {.batch = 4, .context = 32, .seed = 3});
  const double loss = whole.run(2);
  const std::vector<double> expected = gradients();
  TrainingStep parts(*model, dataset->all(), {.batch = 2, .context = 32, .batches = 2, .seed = 3});
  EXPECT_NEAR(parts.run(2), loss, 1e-5);
  test::expect_close(gradients(), expected, 1e-5, "gradients");
}

TEST_P(EveryTrainingStep, OneStepLowersTheLoss) {
  TrainingStep step(*model, dataset->all(), {.batch = 4, .context = 32});
  AdamW optimizer(model->parameters(), {});
  const double before = step.run(0);
  optimizer.step(1e-3f);
  EXPECT_LT(step.run(0), before);
}

TEST_P(EveryTrainingStep, TheSameStepIsTheSameBitForBit) {
  TrainingStep step(*model, dataset->all(), {.batch = 2, .context = 32, .dropout = 0.1f, .seed = 3});
  step.run(5);
  const std::vector<double> once = gradients();
  step.run(6);
  EXPECT_NE(gradients(), once);
  step.run(5);
  EXPECT_EQ(gradients(), once);
}

TEST_P(EveryTrainingStep, CarriedStatesReachTheNextStep) {
  TrainingStep carried(*model, dataset->all(), {.batch = 2, .context = 16, .carry_states = true});
  carried.run(0);
  ASSERT_EQ(carried.carried_states().size(), 2u);
  const double second = carried.run(1);
  // A fresh start at the second step has no memory of the first.
  TrainingStep fresh(*model, dataset->all(), {.batch = 2, .context = 16, .carry_states = true});
  const double without = fresh.run(1);
  if (model->layer_state_grows(0)) {
    EXPECT_EQ(second, without);
  } else {
    EXPECT_NE(second, without);
  }
}

TEST_P(EveryTrainingStep, FindsWhereNumbersBrokeDown) {
  TrainingStep step(*model, dataset->all(), {.batch = 1, .context = 16});
  EXPECT_EQ(first_non_finite_output(*model, step.first_batch(0)), "");
  for (const Parameter& parameter : model->parameters().all()) {
    if (parameter.name == "layers.1.norm.weight") {
      parameter.var.value().mutable_floats()[0] = std::numeric_limits<float>::infinity();
    }
  }
  EXPECT_EQ(first_non_finite_output(*model, step.first_batch(0)), "the output of layers.1.mixer");
  EXPECT_EQ(first_non_finite_gradient(*model), "the weights of layers.1.norm.weight");
}

INSTANTIATE_TEST_SUITE_P(Architectures, EveryTrainingStep, testing::ValuesIn(test::architecture_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sequent
