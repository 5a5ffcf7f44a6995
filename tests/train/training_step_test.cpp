#include "sequent/train/training_step.h"

#include <gtest/gtest.h>

#include <tuple>

#include "sequent/models/architecture.h"
#include "sequent/text/corpus.h"
#include "sequent/text/dataset.h"
#include "sequent/train/optimizer.h"
#include "tests/support/files.h"
#include "tests/support/parameter_gradients.h"
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
  std::vector<double> gradients() const { return test::gradients_of(model->parameters()); }

  test::TemporaryDirectory directory;
  std::optional<TokenDataset> dataset;
  std::unique_ptr<LanguageModel> model = test::small_model(GetParam());
};

TEST_P(EveryTrainingStep, AccumulatedBatchesEqualOneLargeOne) {
  // A balance loss is a product of two means over a batch, so in parts it is another loss; how much room experts have
  // depends on the batch, and jitter on its place in the step.
  model = std::make_unique<LanguageModel>(
      new_model_config(
          GetParam(),
          {.layers = 2, .width = 32, .vocabulary = 257, .capacity_factor = 0, .balance_loss = 0, .jitter = 0}),
      *fresh_parameters(1));
  model->parameters().flatten();
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

TEST_P(EveryTrainingStep, RecomputingBlocksGivesTheSameGradientsAuxiliaryLossesIncluded) {
  const auto run = [&](bool recompute) {
    TrainingStep step(*model, dataset->all(),
                      {.batch = 2, .context = 32, .recompute_blocks = recompute, .dropout = 0.1f, .seed = 3});
    const double loss = step.run(5);
    EXPECT_EQ(step.auxiliary_loss().has_value(), !step.loads().empty());
    return std::tuple(loss, step.auxiliary_loss(), gradients());
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(TrainingStepWithExperts, ReportsTheirLoadAndAddsTheirLossesToTheGradient) {
  test::TemporaryDirectory directory;
  directory.write("text.txt", test::some_text(200));
  const std::vector<std::filesystem::path> paths = {directory / "text.txt"};
  const TokenDataset dataset = TokenDataset::open(Corpus(paths), Tokenizer::bytes(), directory / "cache");
  const auto run = [&](double balance, double capacity) {
    LanguageModel model(new_model_config("mixtral", {.layers = 2,
                                                     .width = 32,
                                                     .vocabulary = 257,
                                                     .experts = 4,
                                                     .capacity_factor = capacity,
                                                     .balance_loss = balance}),
                        *fresh_parameters(1));
    model.parameters().flatten();
    TrainingStep step(model, dataset.all(), {.batch = 2, .context = 32, .batches = 2});
    const double loss = step.run(0);
    return std::tuple(loss, step.auxiliary_loss(), step.loads(), test::gradients_of(model.parameters()));
  };
  const auto [loss, auxiliary, loads, gradients] = run(0.5, 0);
  ASSERT_TRUE(auxiliary);
  EXPECT_GT(*auxiliary, 0.5 * 2 * 0.9) << "even routing of two choices gives twice the coefficient";
  ASSERT_EQ(loads.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(loads[i].layer, static_cast<std::int64_t>(i));
    double sum = 0;
    for (const double share : loads[i].share) sum += share;
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_EQ(loads[i].drop_rate, 0);
    EXPECT_GT(loads[i].entropy, 1.3);  // of fresh routers, nearly even: ln 4 = 1.386
  }
  const auto [same_loss, none, same_loads, other_gradients] = run(0, 0);
  EXPECT_EQ(same_loss, loss) << "what is reported is the cross-entropy";
  EXPECT_FALSE(none);
  EXPECT_NE(other_gradients, gradients);
  EXPECT_GT(std::get<2>(run(0, 0.5))[0].drop_rate, 0.4);
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
  EXPECT_EQ(first_non_finite_gradient(model->parameters()), "the weights of layers.1.norm.weight");
}

INSTANTIATE_TEST_SUITE_P(Architectures, EveryTrainingStep, testing::ValuesIn(test::architecture_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sequent
