#include "sequent/models/layout.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/pattern.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

std::string_view saved_as(const std::string& pattern) {
  return layout_for(new_model_config("mamba", {.width = 64, .vocabulary = 99, .pattern = pattern})).model_type;
}

TEST(Layouts, AreFoundByModelType) {
  for (const Layout* layout : layouts()) EXPECT_EQ(&layout_of_model_type(layout->model_type), layout);
  EXPECT_EQ(layouts().back(), &kSequent);
  try {
    layout_of_model_type("bloom");
    FAIL();
  } catch (const Error& error) {
    const std::string sentence = error.what();
    EXPECT_TRUE(sentence.starts_with("model_type: there is no 'bloom'; known are llama, ")) << sentence;
    for (const char* name : {"gpt2", "falcon_mamba", "t5", "switch_transformers"}) {
      EXPECT_NE(sentence.find(name), std::string::npos) << sentence;
    }
  }
}

TEST(Layouts, ConfigurationsSurviveTheirConfigJson) {
  for (const Architecture& entry : architectures()) {
    SCOPED_TRACE(entry.name);
    const LanguageModelConfig config = new_model_config(
        entry.name, {.layers = 3, .width = 64, .heads = 4, .vocabulary = 99, .context = 128, .end_of_text = 98});
    const Layout& layout = layout_for(config);
    const nlohmann::json json = layout.write(config);
    EXPECT_EQ(json["model_type"], layout.model_type);
    const LanguageModelConfig read = layout.read(nlohmann::json::parse(json.dump()));
    EXPECT_EQ(layout.write(read), json);
    EXPECT_TRUE(same_function(read, config));
    EXPECT_EQ(read.architecture, entry.name);
    EXPECT_EQ(count_parameters(read), count_parameters(config));
  }
}

TEST(Layouts, APublishedOneIsTakenWhereverItHoldsTheModel) {
  EXPECT_EQ(saved_as("4*attention/glu"), "llama");
  EXPECT_EQ(saved_as("2*mamba/none"), "mamba");
  EXPECT_EQ(saved_as("2*mamba2/none"), "mamba2");
  EXPECT_EQ(layout_for(new_model_config("retnet", {.width = 64, .vocabulary = 99})).model_type, "retnet-torchscale");
  for (const char* pattern : {"attention/none", "attention/mlp", "mamba/glu", "3*mamba/none attention/glu"}) {
    EXPECT_EQ(saved_as(pattern), "sequent") << pattern;
  }
}

TEST(Layouts, WithoutModelTypeTheKeysDecide) {
  EXPECT_EQ(&layout_of_config({{"decoder_retention_heads", 2}}), &kTorchscaleRetNet);
  EXPECT_EQ(&layout_of_config({{"d_model", 8}, {"n_layer", 1}}), &kMambaStateSpaces);
  EXPECT_EQ(&layout_of_config({{"model_type", "qwen2"}}), &kQwen2);
  EXPECT_EQ(test::error_of([] { layout_of_config({{"hidden_size", 8}}); }), "config.json: model_type is missing");
}

TEST(Layouts, NothingIsLostToAPublishedOne) {
  LanguageModelConfig config = new_model_config("transformer", {.layers = 2, .width = 64, .vocabulary = 99});
  EXPECT_EQ(layout_for(config).model_type, "llama");
  config.channel_mixer.activation = Activation::gelu;
  EXPECT_EQ(layout_for(config).model_type, "sequent");
  config = new_model_config("mamba", {.layers = 2, .width = 64, .vocabulary = 99});
  // The published layout has the inner width as a multiple only.
  config.mixers.mamba.inner_width = 100;
  EXPECT_EQ(layout_for(config).model_type, "sequent");
}

}  // namespace
}  // namespace sequent
