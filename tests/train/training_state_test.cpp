#include "sequent/train/training_state.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/files.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(TrainingState, SurvivesItsFileBitForBit) {
  const test::TemporaryDirectory directory;
  const auto model = test::small_model("mamba");
  model->parameters().flatten();
  AdamW optimizer(model->parameters(), {});
  for (const Parameter& parameter : model->parameters().all()) parameter.var.accumulate(parameter.var.value().clone());
  optimizer.step(0.01f);
  std::vector<ModelState> carried = {model->initial_state()};
  carried[0].layers[1].entries[1].value.value().mutable_floats()[3] = 0.3f;
  carried[0].layers[1].position = 77;
  const TrainingProgress progress = {
      .step = 12, .tokens = 3456, .seconds = 0.1 + 0.2, .best_loss = 1.0 / 3, .best_step = 9};
  save_training_state(directory / "state.safetensors", progress, optimizer, tensors_of_states(carried));

  AdamW other(model->parameters(), {});
  std::vector<ModelState> states = {model->initial_state()};
  const TrainingProgress loaded = load_training_state(directory / "state.safetensors", other,
                                                      [&](const TensorFile& file) { restore_states(file, states); });
  EXPECT_EQ(loaded.step, 12);
  EXPECT_EQ(loaded.tokens, 3456);
  EXPECT_EQ(loaded.seconds, progress.seconds);
  EXPECT_EQ(loaded.best_loss, progress.best_loss);
  EXPECT_EQ(loaded.best_step, 9);
  EXPECT_EQ(other.steps(), 1);
  EXPECT_EQ(test::to_doubles(other.mean()), test::to_doubles(optimizer.mean()));
  EXPECT_EQ(test::to_doubles(other.mean_square()), test::to_doubles(optimizer.mean_square()));
  EXPECT_EQ(states[0].layers[1].position, 77);
  EXPECT_EQ(states[0].layers[1].entries[1].value.value().floats()[3], 0.3f);
}

TEST(TrainingState, OfAnotherModelIsRefused) {
  const test::TemporaryDirectory directory;
  const auto small = test::small_model("mamba");
  small->parameters().flatten();
  save_training_state(directory / "state.safetensors", {}, AdamW(small->parameters(), {}), {});
  const auto other = test::small_model("transformer");
  other->parameters().flatten();
  AdamW optimizer(other->parameters(), {});
  const auto nothing = [](const TensorFile&) {};
  EXPECT_THROW(load_training_state(directory / "state.safetensors", optimizer, nothing), Error);
  std::vector<ModelState> some = {small->initial_state()};
  AdamW matching(small->parameters(), {});
  const auto states = [&](const TensorFile& file) { restore_states(file, some); };
  EXPECT_THROW(load_training_state(directory / "state.safetensors", matching, states), Error);
}

}  // namespace
}  // namespace sequent
