// torchscale's layout, and its parallel form beside the recurrent one that golden_test.cpp holds all forms to.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sequent/autograd/tape.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/models/names.h"
#include "sequent/ops/cross_entropy.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

class TorchscaleParallel : public testing::TestWithParam<std::string> {
 protected:
  TorchscaleParallel()
      : golden(GetParam()), parallel(TensorFile::open((golden.directory / "parallel.safetensors").string())) {
    fs::create_directories(directory);
    fs::copy_file(golden.directory / "model.safetensors", directory / "model.safetensors",
                  fs::copy_options::overwrite_existing);
    nlohmann::json json = read_json_object((golden.directory / "config.json").string());
    json["sequent_normalisation"] = "torchscale_parallel";
    write_file_atomically((directory / "config.json").string(), json.dump());
    loaded = load_model(directory);
  }
  ~TorchscaleParallel() override { fs::remove_all(directory); }

  const fs::path directory = fs::path(testing::TempDir()) / ("torchscale-" + std::to_string(getpid()));
  test::Golden golden;
  TensorFile parallel;
  LoadedModel loaded;
};

// Tolerances are those of golden_test.cpp.
TEST_P(TorchscaleParallel, LogitsLossAndAllGradients) {
  loaded.model->parameters().flatten();
  Tape tape;
  const Var hidden = loaded.model->hidden(golden.ids, golden.segments);
  const std::vector<double> logits = test::to_doubles(parallel.tensor("logits"));
  const auto [low, high] = std::minmax_element(logits.begin(), logits.end());
  test::expect_close(test::to_doubles(loaded.model->logits(hidden)), logits, 1e-5, "logits", *high - *low);
  const Var loss = projected_cross_entropy(hidden, loaded.model->projection(), golden.targets).loss;
  tape.backward(loss);
  EXPECT_NEAR(loss.value().floats()[0], parallel.tensor("loss").floats()[0], 5e-6);
  for (const Parameter& parameter : loaded.model->parameters().all()) {
    const std::string name = published_names(loaded.layout->names, parameter.name).front().name;
    test::expect_close(test::to_doubles(parameter.var.gradient()),
                       test::to_doubles(parallel.tensor("gradient." + name)), 5e-5, name);
  }
}

TEST_P(TorchscaleParallel, IsNotTheRecurrentForm) {
  const Tensor logits = loaded.model->logits(loaded.model->hidden(golden.ids, golden.segments));
  const std::vector<double> recurrent = test::to_doubles(golden.expected.tensor("logits"));
  double worst = 0;
  for (std::size_t i = 0; i < recurrent.size(); ++i) {
    worst = std::max(worst, std::abs(logits.floats()[i] - recurrent[i]));
  }
  EXPECT_GT(worst, 5e-5);
}

TEST_P(TorchscaleParallel, RefusesStatesAndIsSavedAsItWas) {
  ModelState state = loaded.model->initial_state();
  ModelState* pointer = &state;
  EXPECT_THROW(loaded.model->hidden(std::vector<std::int32_t>{1}, Segments::single(1), {&pointer, 1}), Error);
  save_model(directory, *loaded.model);
  EXPECT_EQ(load_model(directory).model->config().mixers.retention.normalisation,
            RetentionNormalisation::torchscale_parallel);
}

std::vector<std::string> torchscale_models() {
  std::vector<std::string> names;
  for (const std::string& name : test::golden_models()) {
    if (name.starts_with("retnet-torchscale")) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, TorchscaleParallel, testing::ValuesIn(torchscale_models()),
                         [](const auto& instance) { return test::test_name(instance.param); });

nlohmann::json smallest() {
  return nlohmann::json::parse(R"({"decoder_embed_dim": 24, "decoder_value_embed_dim": 36, "decoder_layers": 2,
                                   "decoder_retention_heads": 3, "decoder_ffn_embed_dim": 40, "vocab_size": 9})");
}

TEST(TorchscaleRetNetLayout, MissingFieldsHaveThePublishedDefaults) {
  const LanguageModelConfig config = kTorchscaleRetNet.read(smallest());
  const RetentionConfig& retention = config.mixers.retention;
  EXPECT_EQ(retention.key_width, 8);
  EXPECT_EQ(retention.value_width, 12);
  EXPECT_FALSE(retention.head_weight);
  EXPECT_EQ(retention.rotation, RotaryConvention::torchscale);
  EXPECT_EQ(retention.normalisation, RetentionNormalisation::canonical);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.embedding_scale, 1.0f);
  EXPECT_EQ(config.channel_mixer.activation, Activation::gelu);
}

TEST(TorchscaleRetNetLayout, RefusesWhatItDoesNotComputeByName) {
  const auto refusal = [](const char* key, const nlohmann::json& value) {
    nlohmann::json json = smallest();
    json[key] = value;
    return test::error_of([&] { kTorchscaleRetNet.read(json); });
  };
  EXPECT_EQ(refusal("deepnorm", true), "config.json: deepnorm true is not supported");
  EXPECT_EQ(refusal("decoder_normalize_before", false),
            "config.json: decoder_normalize_before false (norms after the residual) is not supported");
  EXPECT_EQ(refusal("moe_freq", 2), "config.json: moe_freq is not supported, got 2");
  EXPECT_EQ(refusal("decoder_value_embed_dim", 35),
            "config.json: decoder_retention_heads must divide decoder_value_embed_dim, got 3 and 35");
  EXPECT_EQ(refusal("activation_fn", "tanh"), "activation_fn: there is no 'tanh'; known are gelu, swish, relu");
  EXPECT_EQ(refusal("sequent_normalisation", "chunkwise"),
            "sequent_normalisation: there is no 'chunkwise'; known are canonical, torchscale_parallel");
}

}  // namespace
}  // namespace sequent
