#include "sequent/models/family.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/language_model.h"

namespace sequent {
namespace {

TEST(Families, AreFoundByNameAndModelType) {
  EXPECT_EQ(&family("mamba"), &kMamba);
  EXPECT_EQ(&family_of_model_type("llama"), &kTransformer);
  try {
    family("rwkv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "architecture: there is no 'rwkv'; known are transformer, mamba");
  }
}

TEST(Families, ConfigurationsSurviveTheirConfigJson) {
  for (const Family* entry : families()) {
    SCOPED_TRACE(entry->name);
    const LanguageModelConfig config = new_model_config(
        *entry, {.layers = 3, .width = 64, .heads = 4, .vocabulary = 99, .context = 128, .end_of_text = 98});
    const nlohmann::json json = entry->write(config);
    EXPECT_EQ(entry->write(entry->read(nlohmann::json::parse(json.dump()))), json);
    EXPECT_EQ(count_parameters(entry->read(json)), count_parameters(config));
  }
}

TEST(Families, ParametersAskedForAreAboutThoseGiven) {
  for (const Family* entry : families()) {
    for (const std::int64_t wanted : {300'000, 1'000'000, 10'000'000, 130'000'000}) {
      const LanguageModelConfig config = new_model_config(*entry, {.parameters = wanted, .vocabulary = 257});
      const auto count = static_cast<double>(count_parameters(config));
      EXPECT_LT(std::abs(std::log(count / static_cast<double>(wanted))), 0.15) << entry->name << " " << wanted;
    }
  }
}

TEST(Families, ExplicitSizesAreKept) {
  const LanguageModelConfig config = new_model_config(
      kTransformer, {.layers = 4, .width = 256, .heads = 4, .key_value_heads = 2, .feed_forward = 683, .vocabulary = 257});
  EXPECT_EQ(config.blocks.size(), 4u);
  EXPECT_EQ(config.mixers.attention.head_width, 64);
  EXPECT_EQ(config.mixers.attention.key_value_heads, 2);
  EXPECT_EQ(config.channel_mixer.hidden_width, 683);
  EXPECT_THROW(new_model_config(kTransformer, {.layers = 4, .width = 250, .heads = 4, .vocabulary = 257}), Error);
}

TEST(Families, UnusableFieldsAreRefusedByName) {
  nlohmann::json json = kTransformer.write(new_model_config(kTransformer, {.layers = 1, .width = 32, .vocabulary = 9}));
  json["rope_scaling"] = {{"rope_type", "yarn"}};
  EXPECT_THROW(kTransformer.read(json), Error);
  json["rope_scaling"] = nullptr;
  json["hidden_size"] = "wide";
  try {
    kTransformer.read(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "config.json: hidden_size has an unusable value, \"wide\"");
  }
}

}  // namespace
}  // namespace sequent
