#include "sequent/checkpoint/weights.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TemporaryDirectory;

Tensor floats(const std::vector<float>& values) {
  return Tensor::from(std::span<const float>(values), {static_cast<std::int64_t>(values.size())});
}

Tensor sixteen_bits(const std::vector<std::uint16_t>& patterns, DType dtype) {
  const Tensor tensor = Tensor::empty({static_cast<std::int64_t>(patterns.size())}, dtype);
  std::memcpy(tensor.mutable_raw(), patterns.data(), 2 * patterns.size());
  return tensor;
}

void save(const std::string& path, const std::vector<NamedTensor>& tensors) {
  save_safetensors(path, tensors);
}

/// Two shards: "a" and "b" in the first, "c" in the second.
void save_shards(const TemporaryDirectory& directory, const nlohmann::json& weight_map) {
  save(directory / "one.safetensors", {{"a", floats({1})}, {"b", floats({2})}});
  save(directory / "two.safetensors", {{"c", floats({3})}});
  write_file_atomically(directory / "model.safetensors.index.json",
                        nlohmann::json{{"metadata", {{"total_size", 12}}}, {"weight_map", weight_map}}.dump());
}

TEST(WeightSource, ReadsADirectoryAndAFile) {
  const TemporaryDirectory directory;
  save(directory / "model.safetensors", {{"b", floats({1, 2})}, {"a", floats({3})}});
  for (const std::string& path : {directory.path().string(), directory / "model.safetensors"}) {
    WeightSource weights = WeightSource::open(path);
    EXPECT_EQ(weights.names(), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(weights.contains("a"));
    EXPECT_FALSE(weights.contains("c"));
    EXPECT_EQ(weights.shape("b"), Shape({2}));
    EXPECT_EQ(weights.tensor("b").floats()[1], 2.0f);
    EXPECT_EQ(weights.float_tensor("a").floats()[0], 3.0f);
    weights.expect_all_taken();
  }
}

TEST(WeightSource, ReadsShards) {
  const TemporaryDirectory directory;
  save_shards(directory, {{"a", "one.safetensors"}, {"b", "one.safetensors"}, {"c", "two.safetensors"}});
  WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(weights.tensor("a").floats()[0], 1.0f);
  EXPECT_EQ(weights.tensor("b").floats()[0], 2.0f);
  EXPECT_EQ(weights.tensor("c").floats()[0], 3.0f);
  weights.expect_all_taken();
}

// What a directory holds is known by its contents, so a file of PyTorch does under any name that is looked for.
TEST(WeightSource, ReadsPyTorchFilesAndTheirShards) {
  const TemporaryDirectory directory;
  const fs::path golden = SEQUENT_SOURCE_DIR "/tests/golden/checkpoint";
  fs::copy_file(golden / "bare.pt", directory / "pytorch_model.bin");
  EXPECT_EQ(WeightSource::open(directory.path()).float_tensor("tensor").floats()[0], 4.0f);
  fs::rename(directory / "pytorch_model.bin", directory / "pytorch_model-00001-of-00002.bin");
  fs::copy_file(golden / "others.pt", directory / "pytorch_model-00002-of-00002.bin");
  nlohmann::json map = {{"tensor", "pytorch_model-00001-of-00002.bin"}};
  for (const char* name : {"double", "flags", "complex", "expanded"}) map[name] = "pytorch_model-00002-of-00002.bin";
  directory.write("pytorch_model.bin.index.json", nlohmann::json{{"weight_map", map}}.dump());
  WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(weights.float_tensor("tensor").floats()[0], 4.0f);
  EXPECT_EQ(weights.entry("double").dtype_name, "float64");
  EXPECT_EQ(weights.raw("double").bytes(), 16);
  // safetensors come first.
  save(directory / "model.safetensors", {{"a", floats({1})}});
  EXPECT_EQ(WeightSource::open(directory.path()).names(), std::vector<std::string>{"a"});
}

TEST(WeightSource, ReadsAModelWithinATrainingCheckpoint) {
  const std::string path = SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/training.pth.tar";
  WeightSource weights = WeightSource::open(path, "target_encoder.module.");
  EXPECT_EQ(weights.names(), (std::vector<std::string>{"backbone.bias", "backbone.weight"}));
  EXPECT_EQ(weights.shape("backbone.weight"), Shape({2, 3}));
  EXPECT_EQ(weights.float_tensor("backbone.weight").floats()[5],
            WeightSource::open(path).tensor("target_encoder.module.backbone.weight").floats()[5]);
  weights.raw("backbone.bias");
  weights.expect_all_taken();
  EXPECT_EQ(error_of([&] { weights.tensor("epoch"); }), "missing tensor \"epoch\" in " + path);
  EXPECT_EQ(error_of([&] { WeightSource::open(path, "teacher."); }),
            path + ": no tensor's name begins with \"teacher.\"");
}

TEST(WeightSource, RefusesShardsAndIndexThatDisagree) {
  const TemporaryDirectory directory;
  const std::string index = directory / "model.safetensors.index.json";
  const auto error_for = [&](const nlohmann::json& map) {
    save_shards(directory, map);
    return error_of([&] { WeightSource::open(directory.path()); });
  };
  EXPECT_EQ(error_for({{"a", "one.safetensors"}, {"c", "one.safetensors"}}),
            "missing tensor \"c\" in " + (directory / "one.safetensors") + ", where " + index + " places it");
  EXPECT_EQ(error_for({{"a", "one.safetensors"}, {"c", "two.safetensors"}}),
            (directory / "one.safetensors") + ": tensor \"b\" is not listed in " + index);
  EXPECT_EQ(error_for({{"a", "three.safetensors"}}),
            "cannot open " + (directory / "three.safetensors") + ": No such file or directory");
  EXPECT_EQ(error_for({{"a", 3}}), index + ": weight_map: \"a\": must be a file name");
  EXPECT_EQ(error_for(nlohmann::json::array({1})),
            index + ": weight_map: must be an object of tensor names to file names");
}

TEST(WeightSource, RefusesShardNamesThatLeaveTheDirectory) {
  const TemporaryDirectory directory;
  const std::string index = directory / "model.safetensors.index.json";
  for (const std::string name : {"../one.safetensors", "/etc/passwd", "..", ".", "", "a/b", "a\\b"}) {
    save_shards(directory, {{"a", name}});
    EXPECT_EQ(error_of([&] { WeightSource::open(directory.path()); }),
              index + ": weight_map: \"" + name + "\" is not a plain file name");
  }
}

TEST(WeightSource, SaysThatThereAreNoWeights) {
  const TemporaryDirectory directory;
  EXPECT_EQ(error_of([&] { WeightSource::open(directory.path()); }),
            directory.path().string() +
                ": no weights here: neither model.safetensors nor pytorch_model.bin, nor an index of shards (such as "
                "model.safetensors.index.json)");
  EXPECT_EQ(error_of([&] { WeightSource::open(directory / "absent"); }),
            "cannot open " + (directory / "absent") + ": No such file or directory");
}

TEST(WeightSource, ConvertsSixteenBitTypesToFloatAndReadsFloatsInPlace) {
  const TemporaryDirectory directory;
  save(directory / "model.safetensors", {{"f16", sixteen_bits({0x3C00, 0xC100, 0x0001}, DType::f16)},
                                         {"bf16", sixteen_bits({0x3F80, 0xC020}, DType::bf16)},
                                         {"f32", floats({0.5f})},
                                         {"ids", Tensor::zeros({2}, DType::i64)}});
  WeightSource weights = WeightSource::open(directory.path());
  const Tensor half = weights.float_tensor("f16");
  EXPECT_EQ(half.floats()[0], 1.0f);
  EXPECT_EQ(half.floats()[1], -2.5f);
  EXPECT_EQ(half.floats()[2], 0x1p-24f);
  EXPECT_EQ(weights.float_tensor("bf16").floats()[1], -2.5f);
  EXPECT_EQ(weights.tensor("bf16").dtype(), DType::bf16);
  EXPECT_EQ(weights.float_tensor("f32").raw(), weights.tensor("f32").raw());
  EXPECT_EQ(error_of([&] { weights.float_tensor("ids"); }),
            (directory / "model.safetensors") +
                ": tensor \"ids\" must be f32, f16, bf16 or of a known block type to be used as floats, got I64");
}

TEST(WeightSource, NamesMissingAndUnknownTensors) {
  const TemporaryDirectory directory;
  const std::string path = directory / "model.safetensors";
  save(path, {{"a", floats({1})}, {"layers.0.inv_freq", floats({1})}, {"layers.10.inv_freq", floats({1})}});
  WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(error_of([&] { weights.tensor("lm_head.weight"); }), "missing tensor \"lm_head.weight\" in " + path);
  EXPECT_EQ(error_of([&] { weights.expect_all_taken(); }),
            "unknown tensors in " + path + ": \"a\", \"layers.0.inv_freq\", \"layers.10.inv_freq\"");
  const std::vector<std::string> ignorable = {"layers.*.inv_freq"};
  EXPECT_EQ(error_of([&] { weights.expect_all_taken(ignorable); }), "unknown tensor in " + path + ": \"a\"");
  weights.tensor("a");
  weights.expect_all_taken(ignorable);
  error_of([&] { weights.expect_all_taken(std::vector<std::string>{"layers.*.inv", "inv_freq", "layers.0.*"}); });
  weights.expect_all_taken(std::vector<std::string>{"*"});
}

}  // namespace
}  // namespace sequent
