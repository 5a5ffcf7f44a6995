#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/checkpoint/weights.h"
#include "tests/support/command.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class Inspect : public testing::TestWithParam<std::string> {
 protected:
  json run_json(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"inspect", directory, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult result = test::sequent(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }
  const std::string directory = std::string(SEQUENT_SOURCE_DIR "/tests/golden/models/") + GetParam();
};

TEST_P(Inspect, SaysWhatTheModelIs) {
  const LoadedModel loaded = load_model(directory);
  const json object = run_json({"--context", "100"});
  EXPECT_EQ(object["architecture"], loaded.model->config().architecture);
  EXPECT_EQ(object["parameters"], loaded.model->parameters().count());
  EXPECT_EQ(object["active_parameters"], loaded.model->active_parameters());
  EXPECT_EQ(object["layers"], loaded.model->config().blocks.size());
  EXPECT_EQ(object["state_bytes"], loaded.model->state_bytes(100));
  EXPECT_EQ(object["tensors"].size(), WeightSource::open(directory).names().size());
  const json half = run_json({"--context", "100", "--state-dtype", "bf16"});
  EXPECT_EQ(half["state_bytes"].get<std::int64_t>() * 2, object["state_bytes"].get<std::int64_t>());
}

TEST_P(Inspect, PrintsForPeople) {
  const CommandResult result = test::sequent({"inspect", directory, "--tensors"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* word : {"architecture", "parameters", "state", ".0."}) {
    EXPECT_NE(result.out.find(word), std::string::npos) << word << "\n" << result.out;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Inspect, testing::ValuesIn(test::golden_models()),
                         [](const auto& each) { return test::test_name(each.param); });

TEST(InspectConfiguration, NeedsNoWeights) {
  const std::string file = SEQUENT_SOURCE_DIR "/tests/golden/configs/llama-2-7b.json";
  const CommandResult result =
      test::sequent({"inspect", file, "--context", "262144", "--state-dtype", "bf16", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json object = json::parse(result.out);
  EXPECT_EQ(object["state_bytes"], std::int64_t{128} << 30);
  EXPECT_EQ(object["growing_state_bytes"], object["state_bytes"]);
  EXPECT_EQ(object["constant_state_bytes"], 0);
  EXPECT_EQ(object["pattern"], "32*attention/glu");
  EXPECT_EQ(object["parameters"], 6'738'415'616);
  EXPECT_TRUE(object["tensors"].empty());
  const CommandResult text = test::sequent({"inspect", file, "--context", "262144", "--state-dtype", "bf16"});
  EXPECT_NE(text.out.find("128 GiB of keys and values, 0 B of fixed size"), std::string::npos) << text.out;
}

TEST(InspectFiles, AreShownWhateverTheyAreOf) {
  const std::string file = SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/training.pth.tar";
  const CommandResult result = test::sequent({"inspect", file, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json object = json::parse(result.out);
  EXPECT_EQ(object["format"], "PyTorch");
  EXPECT_EQ(object["metadata"]["epoch"], "300");
  EXPECT_EQ(object["tensors"].size(), 12u);
  EXPECT_EQ(object["tensors"][1],
            (json{{"name", "encoder.module.backbone.weight"}, {"dtype", "f32"}, {"shape", {2, 3}}, {"bytes", 24}}));
  const CommandResult text = test::sequent({"inspect", file});
  for (const char* words : {"1 of PyTorch", "12: 12 f32", "epoch = 300", "target_encoder.module.backbone.bias"}) {
    EXPECT_NE(text.out.find(words), std::string::npos) << words << "\n" << text.out;
  }
}

TEST(InspectFiles, AreShownWhereTheArchitectureIsUnknown) {
  const test::TemporaryDirectory directory;
  directory.write("config.json", R"({"model_type": "gpt_neox"})");
  std::filesystem::copy_file(SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/other_types.safetensors",
                             directory / "model.safetensors");
  const CommandResult result = test::sequent({"inspect", directory.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* words : {"unknown: model_type: there is no 'gpt_neox'", "BOOL", "F64", "U16", "double"}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << "\n" << result.out;
  }
  const json object = json::parse(test::sequent({"inspect", directory.path().string(), "--json"}).out);
  EXPECT_EQ(object["tensors"].size(), 4u);
  EXPECT_TRUE(object["unknown_because"].is_string());
  EXPECT_FALSE(object.contains("architecture"));
}

TEST(InspectErrors, NameWhatIsWrong) {
  EXPECT_EQ(test::sequent({"inspect", "x", "--state-dtype", "f64"}).exit_code, 2);
  const test::TemporaryDirectory directory;
  std::ofstream(directory / "config.json") << "{\"model_type\": \"gpt_neox\"}";
  const CommandResult result = test::sequent({"inspect", directory.path().string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("gpt_neox"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace sequent
