#include "sequent/models/language_model.h"
#include "sequent/models/architecture.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/tensor/memory.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class EveryModel : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<LanguageModel> model = test::small_model(GetParam());
};

std::vector<double> gradients(LanguageModel& model, const ForwardOptions& options, bool with_state) {
  model.parameters().flatten();
  const auto ids = test::some_ids(40);
  Tape tape;
  ModelState state = model.initial_state();
  ModelState* pointer = &state;
  const Var hidden = with_state ? model.hidden(ids, Segments::single(40), {&pointer, 1}, options)
                                : model.hidden(ids, Segments({0, 25, 40}), {}, options);
  tape.backward(projected_cross_entropy(hidden, model.projection(), ids).loss);
  return test::gradients_of(model.parameters());
}

TEST_P(EveryModel, RecomputingBlocksGivesTheSameGradientsBitForBit) {
  for (const bool with_state : {false, true}) {
    for (const float dropout : {0.0f, 0.3f}) {
      const ForwardOptions kept = {.dropout = dropout, .seed = 5, .observe = {}};
      ForwardOptions again = kept;
      again.recompute_blocks = true;
      EXPECT_EQ(gradients(*test::small_model(GetParam()), kept, with_state),
                gradients(*test::small_model(GetParam()), again, with_state));
    }
  }
}

TEST_P(EveryModel, RecomputingBlocksTakesLessMemory) {
  const auto peak = [&](bool recompute) {
    model = nullptr;
    model = test::small_model(GetParam());
    model->parameters().flatten();
    const auto ids = test::some_ids(4000);
    memory::reset_peak();
    const std::int64_t before = memory::live_bytes();
    Tape tape;
    const Var hidden =
        model->hidden(ids, Segments::uniform(8, 500), {}, {.recompute_blocks = recompute, .observe = {}});
    tape.backward(projected_cross_entropy(hidden, model->projection(), ids).loss);
    return memory::peak_bytes() - before;
  };
  EXPECT_LT(static_cast<double>(peak(true)), 0.8 * static_cast<double>(peak(false)));
}

TEST_P(EveryModel, StatesContinueAfterARecomputedForward) {
  const auto ids = test::some_ids(20);
  const auto run = [&](bool recompute) {
    ModelState state = model->initial_state();
    ModelState* pointer = &state;
    {
      Tape tape;
      model->hidden(std::span(ids).first(12), Segments::single(12), {&pointer, 1},
                    {.recompute_blocks = recompute, .observe = {}});
    }
    EXPECT_EQ(state.position(), 12);
    state.detach();
    const Tape::Pause pause;
    return test::to_doubles(model->hidden(std::span(ids).subspan(12), Segments::single(8), {&pointer, 1}).value());
  };
  EXPECT_EQ(run(true), run(false));
}

TEST_P(EveryModel, ObserverSeesEveryPartInOrder) {
  std::vector<std::string> names;
  ForwardOptions options;
  options.observe = [&](std::string_view name, const Tensor&) { names.emplace_back(name); };
  model->hidden(test::some_ids(3), Segments::single(3), {}, options);
  ASSERT_GE(names.size(), 4u);
  EXPECT_EQ(names.front(), "embedding");
  EXPECT_EQ(names[1], "layers.0.mixer");
  EXPECT_EQ(names.back(), "final_norm");
}

TEST_P(EveryModel, DropoutChangesWithItsSeedAndIsOffWithoutIt) {
  const auto hidden = [&](float rate, std::uint64_t seed) {
    return test::to_doubles(
        model->hidden(test::some_ids(9), Segments::single(9), {}, {.dropout = rate, .seed = seed, .observe = {}})
            .value());
  };
  EXPECT_EQ(hidden(0.5f, 1), hidden(0.5f, 1));
  EXPECT_NE(hidden(0.5f, 1), hidden(0.5f, 2));
  EXPECT_EQ(hidden(0.0f, 1), hidden(0.0f, 2));
}

TEST_P(EveryModel, RefusalsNameWhatIsWrong) {
  EXPECT_THROW(model->hidden(test::some_ids(3), Segments::single(4)), Error);
  const std::vector<std::int32_t> outside = {3, 300};
  EXPECT_THROW(model->hidden(outside, Segments::single(2)), Error);
  ModelState state = model->initial_state();
  ModelState* pointer = &state;
  EXPECT_THROW(model->hidden(test::some_ids(4), Segments::uniform(2, 2), {&pointer, 1}), Error);
}

TEST_P(EveryModel, StateBytesByArithmeticAreThoseMeasured) {
  ModelState state = model->initial_state();
  ModelState* pointer = &state;
  model->hidden(test::some_ids(50), Segments::single(50), {&pointer, 1});
  EXPECT_EQ(state.bytes(), model->state_bytes(50));
}

TEST_P(EveryModel, OperationsGrowAtLeastLikeTheSequence) {
  EXPECT_EQ(model->flops(0), 0);
  EXPECT_GT(model->flops(1), 0);
  EXPECT_GE(model->flops(100), 100 * model->flops(1));
}

INSTANTIATE_TEST_SUITE_P(Architectures, EveryModel, testing::ValuesIn(test::architecture_names()),
                         [](const auto& test) { return test.param; });

TEST(LanguageModel, AnEmbeddingThatIsOnlyLookedUpTakesNoOperations) {
  LanguageModelConfig config = new_model_config("mamba", {.layers = 1, .width = 32, .vocabulary = 100});
  const std::int64_t tied = LanguageModel(config, *shapes_only()).flops(10);
  config.tied = false;
  EXPECT_EQ(LanguageModel(config, *shapes_only()).flops(10), tied);
}

}  // namespace
}  // namespace sequent
