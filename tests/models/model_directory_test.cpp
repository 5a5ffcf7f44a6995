#include "sequent/models/model_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/checkpoint/manifest.h"
#include "sequent/checkpoint/safetensors.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

class ModelDirectory : public testing::TestWithParam<std::string> {
 protected:
  ModelDirectory() { fs::create_directories(directory); }
  ~ModelDirectory() override { fs::remove_all(directory); }

  static std::vector<double> logits(const LanguageModel& model) {
    return test::to_doubles(model.logits(model.hidden(test::some_ids(30), Segments({0, 11, 30}))));
  }
  std::string refusal() const {
    try {
      load_model(directory);
    } catch (const Error& error) {
      return error.what();
    }
    return "loaded";
  }

  const fs::path directory = fs::path(testing::TempDir()) / ("model-" + std::to_string(getpid()));
};

TEST_P(ModelDirectory, SavedAndLoadedIsTheSameBitForBit) {
  const auto model = test::small_model(GetParam());
  save_model(directory, *model);
  const LoadedModel loaded = load_model(directory);
  EXPECT_EQ(loaded.model->config().architecture, GetParam());
  EXPECT_EQ(logits(*loaded.model), logits(*model));
  EXPECT_EQ(loaded.model->config().end_of_text, 256);
  EXPECT_TRUE(fs::exists(directory / "generation_config.json"));
}

TEST_P(ModelDirectory, MissingUnknownAndMisshapenTensorsAreNamed) {
  const auto model = test::small_model(GetParam());
  save_model(directory, *model);
  const std::string path = (directory / "model.safetensors").string();
  const TensorFile file = TensorFile::open(path);
  std::vector<NamedTensor> tensors;
  for (const std::string& name : file.names()) tensors.push_back({name, file.tensor(name).clone()});

  std::vector<NamedTensor> fewer(tensors.begin() + 1, tensors.end());
  save_safetensors(path, fewer);
  EXPECT_NE(refusal().find("missing tensor \"" + tensors[0].name), std::string::npos) << refusal();

  std::vector<NamedTensor> more = tensors;
  more.push_back({"extra.weight", Tensor::zeros({1})});
  save_safetensors(path, more);
  EXPECT_NE(refusal().find("extra.weight"), std::string::npos) << refusal();

  std::vector<NamedTensor> misshapen = tensors;
  misshapen[0].tensor = Tensor::zeros({3, 5});
  save_safetensors(path, misshapen);
  EXPECT_NE(refusal().find(tensors[0].name), std::string::npos) << refusal();
  EXPECT_NE(refusal().find("[3, 5]"), std::string::npos) << refusal();
}

TEST_P(ModelDirectory, BadConfigurationsAreRefusedByName) {
  const auto model = test::small_model(GetParam());
  save_model(directory, *model);
  for (const auto& [text, complaint] : {std::pair<const char*, const char*>{"{", "config.json"},
                                        {"[1]", "config.json"},
                                        {"{}", "model_type is missing"},
                                        {"{\"model_type\": \"bloom\"}", "there is no 'bloom'; known are"},
                                        {"{\"model_type\": \"llama\"}", "vocab_size is missing"}}) {
    write_file_atomically((directory / "config.json").string(), text);
    EXPECT_NE(refusal().find(complaint), std::string::npos) << refusal();
  }
}

TEST_P(ModelDirectory, AFlippedBitAmongTheWeightsIsNoticed) {
  save_model(directory, *test::small_model(GetParam()));
  write_manifest(directory.string(), 1, {});
  EXPECT_EQ(refusal(), "loaded");
  std::fstream file(directory / "model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-5, std::ios::end);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(-5, std::ios::end);
  file.put(byte);
  file.close();
  EXPECT_NE(refusal().find("model.safetensors is damaged (checksum differs)"), std::string::npos) << refusal();
}

TEST_P(ModelDirectory, IsFoundInARunDirectory) {
  fs::create_directories(directory / "best");
  EXPECT_THROW(find_model_directory(directory), Error);
  save_model(directory / "best", *test::small_model(GetParam()));
  EXPECT_EQ(find_model_directory(directory), directory / "best");
  EXPECT_THROW(find_model_directory(directory / "nowhere"), Error);
}

INSTANTIATE_TEST_SUITE_P(Architectures, ModelDirectory, testing::ValuesIn(test::architecture_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sequent
