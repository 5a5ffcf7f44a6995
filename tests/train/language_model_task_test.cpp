#include "sequent/train/language_model_task.h"

#include <gtest/gtest.h>

#include "sequent/train/optimizer.h"
#include "sequent/train/training_state.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TrainConfig config_in(const test::TemporaryDirectory& directory) {
  TrainConfig config;
  config.arch = "mamba";
  config.data = {directory.write("text.txt", test::some_text(200))};
  config.out = directory / "run";
  config.width = 16;
  config.layers = 1;
  config.context = 16;
  config.batch = 2;
  config.tbptt = true;
  return config;
}

TEST(LanguageModelTask, CarriesStatesThatCanBeForgottenAndBroughtBack) {
  const test::TemporaryDirectory directory;
  LanguageModelTask task(config_in(directory), {});
  StepMetrics metrics;
  task.run(0, metrics);
  EXPECT_TRUE(metrics.loss);
  EXPECT_EQ(task.tokens_per_step(), 32);
  AdamW optimizer(task.parameters(), {});
  save_training_state(directory / "state", {}, optimizer, task.carried());
  task.run(1, metrics);
  const double going_on = *metrics.loss;
  task.reset();
  task.run(1, metrics);
  EXPECT_NE(*metrics.loss, going_on);
  load_training_state(directory / "state", optimizer, [&](const TensorFile& file) { task.restore(file); });
  task.run(1, metrics);
  EXPECT_EQ(*metrics.loss, going_on);
}

TEST(LanguageModelTask, ValidatesWhatItSaved) {
  const test::TemporaryDirectory directory;
  const LanguageModelTask task(config_in(directory), {});
  std::filesystem::create_directories(directory / "saved");
  task.save(directory / "saved");
  StepMetrics metrics;
  task.validate(metrics);
  EXPECT_EQ(metrics.val_loss, task.validate_saved(directory / "saved")->loss);
  EXPECT_FALSE(task.sample(0, {}));
  EXPECT_EQ(task.first_non_finite_output(0), "");
}

}  // namespace
}  // namespace sequent
