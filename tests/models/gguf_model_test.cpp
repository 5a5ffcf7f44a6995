#include "sequent/models/gguf_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/models/gguf_layout.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

Tensor logits_of(const LanguageModel& model, std::span<const std::int32_t> ids) {
  return model.logits(model.hidden(ids, Segments::single(static_cast<std::int64_t>(ids.size()))));
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(SEQUENT_SOURCE_DIR "/tests/golden/gguf")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenGguf : public testing::TestWithParam<std::string> {
 protected:
  const fs::path file = fs::path(SEQUENT_SOURCE_DIR "/tests/golden/gguf") / (GetParam() + ".gguf");
};

// Written by llama.cpp's package from the golden model of this name: the logits are that one's.
TEST_P(GoldenGguf, ComputesWhatThePublishedModelDoes) {
  const test::Golden golden(GetParam());
  const LoadedModel loaded = load_model(file);
  const auto expected = test::to_doubles(golden.expected.tensor("logits"));
  const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
  const auto actual = test::to_doubles(loaded.model->logits(loaded.model->hidden(golden.ids, golden.segments)));
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 2e-5 * (*high - *low)) << i;
}

// What is written from the published model has the tensors and values that the package writes.
TEST_P(GoldenGguf, IsWrittenAsThePackageWritesIt) {
  test::TemporaryDirectory directory;
  const std::string path = directory / "model.gguf";
  save_gguf_model(path, *load_model(test::Golden(GetParam()).directory).model, {});
  const TensorFile ours = TensorFile::open(path), theirs = TensorFile::open(file.string());
  auto names = ours.names(), expected_names = theirs.names();
  std::sort(names.begin(), names.end());
  std::sort(expected_names.begin(), expected_names.end());
  ASSERT_EQ(names, expected_names);
  for (const std::string& name : names) {
    EXPECT_EQ(ours.shape(name), theirs.shape(name)) << name;
    EXPECT_EQ(ours.dtype_name(name), theirs.dtype_name(name)) << name;
    // The exponential of A_log is another library's.
    test::expect_close(test::to_doubles(ours.tensor(name)), test::to_doubles(theirs.tensor(name)), 1e-6, name);
  }
  for (const auto& [key, value] : theirs.metadata()) {
    if (key == "tokenizer.ggml.model" || key == "mamba.context_length" || !ours.metadata().contains(key)) continue;
    EXPECT_EQ(ours.metadata().at(key), value) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenGguf, testing::ValuesIn(golden_files()),
                         [](const auto& instance) { return test::test_name(instance.param); });

class GgufArchitecture : public testing::TestWithParam<std::string> {};

TEST_P(GgufArchitecture, IsTheSameAfterWritingAndReading) {
  test::TemporaryDirectory directory;
  const std::string path = directory / "model.gguf";
  const auto model = test::small_model(GetParam());
  save_gguf_model(path, *model, {});
  const auto read = load_gguf_model(path);
  EXPECT_EQ(read->config().blocks, model->config().blocks);
  const auto ids = test::some_ids(19);
  test::expect_close(test::to_doubles(logits_of(*read, ids)), test::to_doubles(logits_of(*model, ids)), 1e-5, "logits");
}

// Stored in any type, the model computes what it does with the dequantised weights.
TEST_P(GgufArchitecture, ComputesWithStoredWeightsAsWithTheirValues) {
  test::TemporaryDirectory directory;
  const auto model = test::small_model(GetParam());
  const auto ids = test::some_ids(19);
  for (const DType type : {DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k}) {
    SCOPED_TRACE(name_of(type));
    const std::string path = directory / (std::string(name_of(type)) + ".gguf"), floats = path + ".f32";
    save_gguf_model(path, *model, {.dtype = type});
    const auto stored = load_gguf_model(path);
    // Rows of 32 and 64 values are too short for q4_k.
    const DType expected_type = type == DType::q4_k ? DType::q8_0 : type;
    EXPECT_EQ(TensorFile::open(path).entry("token_embd.weight").dtype, expected_type);
    EXPECT_EQ(TensorFile::open(path).entry("output_norm.weight").dtype, DType::f32);
    save_gguf_model(floats, *stored, {});
    const auto expected = test::to_doubles(logits_of(*load_gguf_model(floats), ids));
    test::expect_close(test::to_doubles(logits_of(*stored, ids)), expected, 1e-5, "logits", 0.1);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GgufArchitecture, testing::Values("transformer", "mamba", "mamba2", "jamba", "mixtral"),
                         [](const auto& instance) { return instance.param; });

TEST(GgufModel, KeepsSmallTensorsInFloat32) {
  for (const char* name : {"conv1d.weight", "dt_proj.weight", "A_log", "D", "norm.weight"}) {
    EXPECT_TRUE(stays_float("layers.0.mixer." + std::string(name), {4, 32})) << name;
  }
  EXPECT_TRUE(stays_float("layers.0.channel_mixer.router.weight", {4, 32}));
  EXPECT_TRUE(stays_float("final_norm.weight", {32}));
  for (const char* name : {"embedding.weight", "projection.weight", "layers.0.mixer.in_proj.weight",
                           "layers.0.channel_mixer.experts.1.up_proj.weight"}) {
    EXPECT_FALSE(stays_float(name, {4, 32})) << name;
  }
}

TEST(GgufModel, NamesWhatCannotBeStored) {
  test::TemporaryDirectory directory;
  const auto model = test::small_model("mamba");
  model->parameters().all()[0].var.value().mutable_floats()[5] = 1e6f;
  EXPECT_EQ(test::error_of([&] { save_gguf_model(directory / "m.gguf", *model, {.dtype = DType::f16}); }),
            "tensor \"token_embd.weight\": 1000000 cannot be stored as f16");
  EXPECT_EQ(test::error_of([&] { save_gguf_model(directory / "m.gguf", *model, {.dtype = DType::q6_k}); }),
            "GGUF: weights can be written as f32, f16, bf16, q8_0, q4_0 or q4_k, not q6_k");
  EXPECT_TRUE(directory.names().empty());
}

TEST(GgufModel, TellsItsProgress) {
  test::TemporaryDirectory directory;
  std::int64_t last = 0, whole = 0;
  save_gguf_model(directory / "m.gguf", *test::small_model("mamba"),
                  {.progress = [&](std::int64_t done, std::int64_t total) {
                    EXPECT_GT(done, last);
                    last = done;
                    whole = total;
                  }});
  EXPECT_EQ(last, whole);
}

}  // namespace
}  // namespace sequent
