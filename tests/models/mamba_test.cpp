// Reading the two published layouts; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

TEST(MambaLayout, ReadsTheOriginalLayout) {
  const LanguageModelConfig config = kMamba.read(
      nlohmann::json::parse(R"({"d_model": 768, "n_layer": 24, "vocab_size": 50277, "ssm_cfg": {}, "rms_norm": true,
                               "residual_in_fp32": true, "fused_add_norm": true, "pad_vocab_size_multiple": 8})"));
  EXPECT_EQ(config.vocabulary, 50280);
  EXPECT_EQ(config.mixers.mamba.delta_rank, 48);
  EXPECT_EQ(config.mixers.mamba.inner_width, 1536);
  EXPECT_EQ(count_parameters(config), 129'135'360);  // the published mamba-130m
}

TEST(MambaLayout, TheInnerWidthWinsOverExpand) {
  const LanguageModelConfig config = kMamba.read(nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "expand": 16, "intermediate_size": 128,
          "time_step_rank": "auto"})"));
  EXPECT_EQ(config.mixers.mamba.inner_width, 128);
  EXPECT_EQ(config.mixers.mamba.delta_rank, 4);
}

TEST(MambaLayout, RefusesWhatItDoesNotCompute) {
  EXPECT_THROW(kMamba.read(nlohmann::json::parse(
                   R"({"d_model": 64, "n_layer": 1, "vocab_size": 9, "ssm_cfg": {"layer": "Mamba2"}})")),
               Error);
  EXPECT_THROW(kMamba.read(nlohmann::json::parse(
                   R"({"d_model": 64, "n_layer": 1, "vocab_size": 9, "ssm_cfg": {}, "d_intermediate": 8})")),
               Error);
}

}  // namespace
}  // namespace sequent
