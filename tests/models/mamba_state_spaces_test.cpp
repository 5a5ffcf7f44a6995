// The layouts of the original code of Mamba and Mamba-2; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "sequent/base/json.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using nlohmann::json;

json mamba_130m() {
  return json::parse(R"({"d_model": 768, "n_layer": 24, "vocab_size": 50277, "ssm_cfg": {}, "rms_norm": true,
                         "residual_in_fp32": true, "fused_add_norm": true, "pad_vocab_size_multiple": 8})");
}
json mamba2_130m() {
  return json::parse(R"({"d_model": 768, "d_intermediate": 0, "n_layer": 24, "vocab_size": 50277,
                         "ssm_cfg": {"layer": "Mamba2"}, "attn_layer_idx": [], "attn_cfg": {}, "rms_norm": true,
                         "residual_in_fp32": true, "fused_add_norm": true, "pad_vocab_size_multiple": 16,
                         "tie_embeddings": true})");
}

TEST(StateSpacesLayout, IsKnownByItsKeys) {
  EXPECT_EQ(&layout_of_config(mamba_130m()), &kMambaStateSpaces);
  EXPECT_EQ(&layout_of_config(mamba2_130m()), &kMamba2StateSpaces);
  json both = mamba_130m();
  both["model_type"] = "mamba";
  both["hidden_size"] = 768;
  EXPECT_EQ(&layout_of_config(both), &kMamba);
  // Fine-tunes may say what they are and keep the original keys.
  both.erase("hidden_size");
  EXPECT_EQ(&layout_of_config(both), &kMambaStateSpaces);
}

TEST(StateSpacesLayout, HasTheParametersOfThePublishedModels) {
  const LanguageModelConfig mamba = kMambaStateSpaces.read(mamba_130m());
  EXPECT_EQ(mamba.vocabulary, 50280);
  EXPECT_EQ(mamba.mixers.mamba.delta_rank, 48);
  EXPECT_EQ(mamba.mixers.mamba.inner_width, 1536);
  EXPECT_EQ(count_parameters(mamba), 129'135'360);
  const LanguageModelConfig mamba2 = kMamba2StateSpaces.read(mamba2_130m());
  EXPECT_EQ(mamba2.vocabulary, 50288);
  EXPECT_EQ(mamba2.mixers.mamba2.heads(), 24);
  EXPECT_EQ(count_parameters(mamba2), 128'989'632);
}

TEST(StateSpacesLayout, ReadsEverySwitchOfTheMixer) {
  LanguageModelConfig config = kMamba2StateSpaces.read(parse_json(
      R"({"d_model": 32, "n_layer": 1, "vocab_size": 9, "ssm_cfg": {"layer": "Mamba2", "headdim": 16, "ngroups": 2,
          "d_state": 5, "d_conv": 3, "expand": 3, "dt_limit": [0.1, Infinity], "D_has_hdim": true, "rmsnorm": false,
          "norm_before_gate": true, "bias": true, "conv_bias": false}})",
      "config.json"));
  Mamba2Config& mamba2 = config.mixers.mamba2;
  EXPECT_EQ(mamba2.inner_width, 96);
  EXPECT_EQ(mamba2.head_width, 16);
  EXPECT_EQ(mamba2.groups, 2);
  EXPECT_EQ(mamba2.states, 5);
  EXPECT_EQ(mamba2.taps, 3);
  EXPECT_EQ(mamba2.delta_limits.minimum, 0.1f);
  EXPECT_EQ(mamba2.delta_limits.maximum, std::numeric_limits<float>::infinity());
  EXPECT_TRUE(mamba2.d_per_channel && mamba2.norm_before_gate && mamba2.bias);
  EXPECT_FALSE(mamba2.rms_norm || mamba2.conv_bias);
  // Infinity has no form that the original's JSON reader and others share.
  mamba2.delta_limits.maximum = 7.0f;
  EXPECT_TRUE(same_function(kMamba2StateSpaces.read(kMamba2StateSpaces.write(config)), config));
}

TEST(StateSpacesLayout, WritesTheKeysOfTheOriginalAndNoOther) {
  for (const auto& [layout, read] :
       {std::pair(&kMambaStateSpaces, mamba_130m()), {&kMamba2StateSpaces, mamba2_130m()}}) {
    const LanguageModelConfig config = layout->read(read);
    const json written = layout->write(config);
    EXPECT_TRUE(same_function(layout->read(written), config));
    EXPECT_EQ(&layout_of_config(written), layout);
    // The fields of MambaConfig in mamba_ssm/models/config_mamba.py, which is made of exactly these.
    std::vector<std::string> keys;
    for (const auto& [key, value] : written.items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"attn_cfg", "attn_layer_idx", "d_intermediate", "d_model", "fused_add_norm",
                                        "n_layer", "pad_vocab_size_multiple", "residual_in_fp32", "rms_norm", "ssm_cfg",
                                        "tie_embeddings", "vocab_size"}));
    // As many rows as there are, padding included.
    const auto multiple = written["pad_vocab_size_multiple"].get<std::int64_t>();
    EXPECT_EQ(written["vocab_size"].get<std::int64_t>() % multiple, 0);
  }
  LanguageModelConfig odd = new_model_config("mamba", {.layers = 1, .width = 64, .vocabulary = 99});
  EXPECT_EQ(kMambaStateSpaces.read(kMambaStateSpaces.write(odd)).vocabulary, 99);
  odd.mixers.mamba.inner_width = 100;
  EXPECT_EQ(test::error_of([&] { kMambaStateSpaces.write(odd); }),
            "mamba: the inner width must be a multiple of the width in the original layout, got 100 and 64");
}

TEST(StateSpacesLayout, RefusesWhatItDoesNotCompute) {
  const auto refusal = [](const char* key, const json& value) {
    json config = mamba_130m();
    config[key] = value;
    return test::error_of([&] { kMambaStateSpaces.read(config); });
  };
  EXPECT_EQ(refusal("ssm_cfg", {{"layer", "Mamba3"}}), "config.json: the layer must be Mamba1, got Mamba3");
  EXPECT_EQ(refusal("d_intermediate", 8), "config.json: d_intermediate is not supported");
  EXPECT_EQ(refusal("attn_layer_idx", {3}), "config.json: attention layers are not supported");
  EXPECT_EQ(refusal("rms_norm", false), "config.json: rms_norm false (LayerNorm) is not supported");
  EXPECT_EQ(refusal("pad_vocab_size_multiple", 0), "config.json: pad_vocab_size_multiple must be positive, got 0");
  EXPECT_EQ(refusal("vocab_size", std::int64_t{1} << 40),
            "config.json: vocab_size and pad_vocab_size_multiple must fit 32 bits, got 1099511627776 and 8");
  json mixed = mamba2_130m();
  mixed["ssm_cfg"]["d_ssm"] = 64;
  EXPECT_EQ(test::error_of([&] { kMamba2StateSpaces.read(mixed); }),
            "config.json: d_ssm must be the inner width 1536, got 64");
}

}  // namespace
}  // namespace sequent
