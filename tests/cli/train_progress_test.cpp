#include "sequent/cli/train_progress.h"

#include <gtest/gtest.h>

#include "tests/support/small_models.h"

namespace sequent {
namespace {

TEST(TrainProgress, ShowsStepsUnderItsLabel) {
  testing::internal::CaptureStderr();
  {
    TrainProgress progress("2/6 mamba");
    const TrainEvents events = progress.events();
    events.message("a damaged checkpoint");
    events.begin(0, 10, 1'000'000);
    events.step({.step = 10, .loss = 2.5, .val_loss = 2.25, .lr = 1e-3, .tokens_per_second = 3000});
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  for (const char* part : {"a damaged checkpoint\n", "2/6 mamba: 1.00M parameters, 10 steps\n",
                           "step 10: loss 2.5000, validation loss 2.2500\n", "10/10", "loss 2.500", "3.00K tokens/s"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << " in " << shown;
  }
}

TEST(TrainProgress, WritesSamplesWithoutAPrompt) {
  TrainProgress progress("train");
  EXPECT_FALSE(progress.events().sample(*test::small_model("mamba"), Tokenizer::bytes()).empty());
}

}  // namespace
}  // namespace sequent
