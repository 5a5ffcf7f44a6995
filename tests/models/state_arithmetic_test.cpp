// The state's size by arithmetic against published figures: caches at 262,144 tokens in 16 bits.
//
// Published (Lieber et al., "Jamba", 2024, table 1; the Jamba-1.5 paper, 2024, table 1): Llama-2-7B 128 GB,
// Mistral-7B 32 GB, Mixtral-8x7B 32 GB, Jamba v0.1 4 GB, Jamba-1.5-Large 9 GB. They are of keys and values alone, and
// exact in powers of 1024. Derived, not published: the recurrent part, by this library's own layout of a Mamba state.
#include <gtest/gtest.h>

#include "sequent/models/language_model.h"
#include "sequent/models/model_directory.h"

namespace sequent {
namespace {

constexpr std::int64_t kTokens = 262'144;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

std::unique_ptr<LanguageModel> published(const std::string& name) {
  const ModelDescription description = read_config_file(SEQUENT_SOURCE_DIR "/tests/golden/configs/" + name + ".json");
  return std::make_unique<LanguageModel>(description.config, *shapes_only());
}

TEST(StateArithmetic, GivesThePublishedCacheSizes) {
  for (const auto& [name, gibibytes] : {std::pair{"llama-2-7b", 128},
                                        {"mistral-7b", 32},
                                        {"mixtral-8x7b", 32},
                                        {"jamba-v0.1", 4},
                                        {"jamba-1.5-large", 9}}) {
    EXPECT_EQ(published(name)->growing_state_bytes(kTokens, 2), gibibytes * kGiB) << name;
  }
}

TEST(StateArithmetic, TheRecurrentPartDoesNotGrow) {
  const auto jamba = published("jamba-v0.1");
  const auto recurrent = [&](std::int64_t tokens) {
    return jamba->state_bytes(tokens, 2) - jamba->growing_state_bytes(tokens, 2);
  };
  // 28 layers of 8192 channels with 16 states and a window of 3.
  EXPECT_EQ(recurrent(kTokens), 28 * 8192 * (16 + 3) * 2);
  EXPECT_EQ(recurrent(1), recurrent(kTokens));
  EXPECT_EQ(published("llama-2-7b")->state_bytes(kTokens, 2), 128 * kGiB);
}

}  // namespace
}  // namespace sequent
