// A golden model that was read and saved again, beside what its reference implementation saved.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/models/names.h"
#include "sequent/nn/parameters.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent::test {

/// A directory to save in. With SEQUENT_SAVED_MODELS=directory it is directory/NAME, and stays there for
/// tools/golden/check_saved.py, which opens what was saved in the reference implementations.
struct SavedModel {
  explicit SavedModel(const std::string& name) {
    if (const char* kept = std::getenv("SEQUENT_SAVED_MODELS")) directory = std::filesystem::path(kept) / name;
    std::filesystem::create_directories(directory);
  }
  const TemporaryDirectory temporary;
  std::filesystem::path directory = temporary.path();
};

/// Keys with values of our own: they are not the model's (16-bit weights are written as floats, everything is computed
/// in them, nothing is dropped), or say the same in another way (another rhythm with the same layers, all rows of a
/// padded vocabulary, a limit that none is).
inline bool written_otherwise(std::string_view key) {
  for (const char* known :
       {"torch_dtype", "initializer_range", "bos_token_id", "pad_token_id", "vocab_size", "attn_layer_period",
        "attn_layer_offset", "expert_layer_period", "expert_layer_offset", "time_step_limit", "time_step_min",
        "pad_vocab_size_multiple", "ssm_cfg", "dropout_rate", "residual_in_fp32", "num_sparse_encoder_layers"}) {
    if (key == known) return true;
  }
  return false;
}

/// The same tensors under the same names (of several published ones the first), but for those of `derived`, and a
/// config.json that says the same.
inline void expect_saved_as(const std::filesystem::path& reference, const std::filesystem::path& saved,
                            std::span<const Parameter> parameters, std::span<const NameRule> rules,
                            std::span<const std::string_view> derived) {
  WeightSource ours = WeightSource::open(saved.string());
  WeightSource theirs = WeightSource::open(reference.string());
  for (const Parameter& parameter : parameters) {
    const std::vector<PublishedName> names = published_names(rules, parameter.name);
    const auto there = std::find_if(names.begin(), names.end(),
                                    [&](const PublishedName& published) { return theirs.contains(published.name); });
    ASSERT_NE(there, names.end()) << parameter.name;
    EXPECT_EQ(ours.shape(names.front().name), theirs.shape(there->name)) << parameter.name;
    EXPECT_EQ(to_doubles(ours.float_tensor(names.front().name)), to_doubles(theirs.float_tensor(there->name)))
        << parameter.name;
  }
  // A projection that is the embedding may be saved all the same.
  std::vector<std::string> ignorable = {"output_projection.weight", "lm_head.weight"};
  ours.expect_all_taken(ignorable);
  ignorable.insert(ignorable.end(), derived.begin(), derived.end());
  theirs.expect_all_taken(ignorable);

  const nlohmann::json expected = read_json_object((reference / "config.json").string());
  const nlohmann::json config = read_json_object((saved / "config.json").string());
  for (const auto& [key, value] : expected.items()) {
    if (!config.contains(key) || value.is_null() || written_otherwise(key)) continue;
    EXPECT_EQ(config[key], value) << key;
  }
  // A file that transformers wrote and in which nothing is derived is the same to the byte.
  const std::string file = (reference / "model.safetensors").string();
  if (std::filesystem::exists(file) && derived.empty() && expected.contains("transformers_version") &&
      expected.value("torch_dtype", "float32") == "float32") {
    EXPECT_EQ(read_text((saved / "model.safetensors").string()), read_text(file));
  }
}

}  // namespace sequent::test
