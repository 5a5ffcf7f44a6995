#include "sequent/train/objective.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/files.h"
#include "tests/support/small_encoder_decoders.h"

namespace sequent {
namespace {

std::string objective_for(const std::string& arch, const std::string& objective) {
  TrainConfig config;
  config.arch = arch;
  config.objective = objective;
  try {
    return std::string(objective_of(config).name);
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Objectives, FollowFromTheArchitecture) {
  EXPECT_EQ(objective_for("mamba", ""), "causal");
  EXPECT_EQ(objective_for("t5", ""), "span-corruption");
  EXPECT_EQ(objective_for("switch-t5", "span-corruption"), "span-corruption");
}

TEST(Objectives, OfAModelToStartFromFollowFromTheModel) {
  const test::TemporaryDirectory directory;
  test::write_small_encoder_decoder(directory.path(), "t5");
  TrainConfig config;
  config.arch = "mamba";
  config.init_from = directory.path().string();
  EXPECT_EQ(objective_of(config).name, "span-corruption");
}

TEST(Objectives, ThatDoNotFitAreRefusedByName) {
  EXPECT_EQ(objective_for("mamba", "span-corruption"),
            "objective: mamba cannot be trained for span-corruption, but for causal");
  EXPECT_EQ(objective_for("t5", "causal"), "objective: t5 cannot be trained for causal, but for span-corruption");
  EXPECT_NE(objective_for("t6", "").find("there is no 't6'; known are transformer, "), std::string::npos);
  EXPECT_NE(objective_for("t6", "").find(", t5, switch-t5"), std::string::npos);
  EXPECT_NE(objective_for("t5", "guessing").find("known are causal, span-corruption"), std::string::npos);
}

}  // namespace
}  // namespace sequent
