#include "sequent/train/training_data.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"

namespace sequent {
namespace {

TEST(TrainingData, IsSplitAndKept) {
  const test::TemporaryDirectory directory;
  TrainConfig config;
  config.data = {directory.write("text.txt", test::some_text(100))};
  config.out = directory / "run";
  config.cache = directory / "cache";
  config.held_out = 0.25;
  const TrainingData data = open_training_data(config, tokenizer_of(config));
  const auto whole = static_cast<double>(data.training.size() + data.held_out.size());
  EXPECT_NEAR(static_cast<double>(data.held_out.size()), 0.25 * whole, 1);
  EXPECT_TRUE(std::filesystem::exists(config.cache));
}

TEST(TrainingData, ATokenizerLargerThanTheModelIsRefused) {
  EXPECT_NO_THROW(check_vocabulary(Tokenizer::bytes(), 257));
  EXPECT_THROW(check_vocabulary(Tokenizer::bytes(), 256), Error);
}

}  // namespace
}  // namespace sequent
