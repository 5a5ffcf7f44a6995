#include "sequent/models/vjepa_directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/json.h"
#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"
#include "tests/support/golden_video.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

std::vector<double> values_of(const Parameters& parameters) {
  std::vector<double> all;
  for (const Parameter& parameter : parameters.all()) {
    const std::vector<double> values = test::to_doubles(parameter.var.value());
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

TEST(VJepaDirectory, WhatIsSavedIsTheSameModel) {
  for (const VideoTarget target : {VideoTarget::features, VideoTarget::pixels}) {
    VJepaConfig config = test::small_vjepa();
    config.target = target;
    const auto source = fresh_parameters(5);
    const VJepa model(config, *source);
    const test::TemporaryDirectory directory;
    save_vjepa(directory.path(), model);
    EXPECT_TRUE(holds_vjepa(directory.path()));
    const auto again = load_vjepa(directory.path());
    EXPECT_EQ(values_of(again->parameters()), values_of(model.parameters()));
    EXPECT_EQ(values_of(again->target_parameters()), values_of(model.target_parameters()));
    const auto encoder = load_video_encoder(directory.path());
    const Tensor clips = test::small_clips(1);
    EXPECT_EQ(test::to_doubles(encoder->transformer().forward(clips).value()),
              test::to_doubles(model.features().forward(clips).value()));
  }
}

TEST(VJepaDirectory, EitherEncoderCanBeTaken) {
  const auto source = fresh_parameters(5);
  const VJepa model(test::small_vjepa(), *source);  // its target is not a copy of the encoder yet
  const test::TemporaryDirectory directory;
  save_vjepa(directory.path(), model);
  const Tensor clips = test::small_clips(1);
  const auto features = [&](EncoderChoice choice) {
    return test::to_doubles(load_video_encoder(directory.path(), choice)->transformer().forward(clips).value());
  };
  EXPECT_EQ(features(EncoderChoice::target), test::to_doubles(model.features().forward(clips).value()));
  EXPECT_EQ(features(EncoderChoice::context), test::to_doubles(model.encoder().forward(clips).value()));
  EXPECT_NE(features(EncoderChoice::target), features(EncoderChoice::context));
}

TEST(VJepaDirectory, ACheckpointOfTheOriginalCodeIsTheSameModel) {
  const auto source = fresh_parameters(5);
  const VJepa model(test::small_vjepa(), *source);
  const test::TemporaryDirectory directory;
  save_vjepa(directory.path(), model);  // config.json beside the file says what shapes do not
  std::filesystem::remove(directory / "model.safetensors");
  const std::string file = directory / "jepa-latest.pth.tar";
  save_vjepa_checkpoint(file, model);
  const auto again = load_vjepa(file);
  EXPECT_EQ(values_of(again->parameters()), values_of(model.parameters()));
  EXPECT_EQ(values_of(again->target_parameters()), values_of(model.target_parameters()));
  // As the original loads them: dictionaries of the three, with the prefixes of its wrappers.
  const TensorFile tensors = TensorFile::open(file);
  EXPECT_TRUE(tensors.contains("target_encoder.module.backbone.blocks.0.attn.qkv.weight"));
}

TEST(VJepaDirectory, LoadedModelsCanBeTrainedOn) {
  const auto source = fresh_parameters(5);
  const test::TemporaryDirectory directory;
  save_vjepa(directory.path(), VJepa(test::small_vjepa(), *source));
  const auto model = load_vjepa(directory.path());
  model->parameters().flatten();
  EXPECT_NO_THROW(model->update_target(0.5f));
}

TEST(VJepaDirectory, VJepa2GoesThroughItsOwnLayout) {
  for (const std::string& name : test::golden_videos("vjepa2")) {
    const test::GoldenVideo golden("vjepa2", name);
    const auto model = load_vjepa(golden.directory);
    const test::TemporaryDirectory directory;
    save_vjepa(directory.path(), *model, kVJepa2);
    EXPECT_EQ(read_vjepa_description(directory.path()).layout, &kVJepa2);
    const auto again = load_vjepa(directory.path());
    EXPECT_EQ(values_of(again->parameters()), values_of(model->parameters()));
    // The names are those that transformers writes, without the classifier's prefix.
    const TensorFile ours = TensorFile::open(directory / "model.safetensors");
    const TensorFile theirs = TensorFile::open((golden.directory / "model.safetensors").string());
    for (const std::string& tensor : ours.names()) EXPECT_TRUE(theirs.contains("vjepa2." + tensor)) << tensor;
  }
}

// What transformers wrote is written again, to the last key and tensor that says something.
TEST(VJepaDirectory, ClassifiersOfVJepa2AreWrittenAsTheyWereRead) {
  for (const std::string& name : test::golden_videos("vjepa2")) {
    const test::GoldenVideo golden("vjepa2", name);
    EXPECT_TRUE(holds_video_classifier(golden.directory));
    const auto model = load_vjepa(golden.directory);
    const auto probe = load_video_probe(golden.directory, model->config().encoder);
    const test::TemporaryDirectory directory;
    save_vjepa2_classifier(directory.path(), *model, *probe);
    const TensorFile ours = TensorFile::open(directory / "model.safetensors");
    const TensorFile theirs = TensorFile::open((golden.directory / "model.safetensors").string());
    auto names = ours.names(), expected = theirs.names();
    std::sort(names.begin(), names.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(names, expected);
    for (const std::string& tensor : names) {
      EXPECT_EQ(ours.tensor(tensor).shape(), theirs.tensor(tensor).shape()) << tensor;
      EXPECT_EQ(test::to_doubles(ours.tensor(tensor)), test::to_doubles(theirs.tensor(tensor))) << tensor;
    }
    EXPECT_EQ(read_vjepa_description(directory.path()).config.encoder.blocks.hidden_width,
              model->config().encoder.blocks.hidden_width);
    const nlohmann::json written = read_json_object(directory / "config.json");
    const nlohmann::json read = read_json_object((golden.directory / "config.json").string());
    for (const auto& [key, value] : read.items()) {
      // Any ratio that gives the same width says the same.
      if (value.is_null() || key == "dtype" || key == "transformers_version" || key.ends_with("mlp_ratio")) continue;
      EXPECT_EQ(written.value(key, nlohmann::json()), value) << key;
    }
  }
}

TEST(VJepaDirectory, ClassifiersThatVJepa2HasNotAreRefused) {
  const auto source = fresh_parameters(1);
  const test::GoldenVideo golden("vjepa2", "vjepa2-plain");
  const auto model = load_vjepa(golden.directory);
  VideoProbeConfig config = load_video_probe(golden.directory, model->config().encoder)->config();
  config.standardised = true;
  const VideoProbe probe(config, *source);
  const test::TemporaryDirectory directory;
  EXPECT_EQ(test::error_of([&] { save_vjepa2_classifier(directory.path(), *model, probe); }),
            "save: a classifier of V-JEPA 2 pools attentively, in the sizes of its encoder, features as they are");
}

TEST(VJepaDirectory, ProbesGoThroughFiles) {
  const test::GoldenVideo golden("vjepa", "vjepa-plain");
  const VisionTransformerConfig encoder = read_vjepa_description(golden.directory / "jepa.pth.tar").config.encoder;
  const auto probe = load_video_probe(golden.directory / "probe.pth.tar", encoder);
  const test::TemporaryDirectory directory;
  save_video_probe(directory.path(), *probe);
  EXPECT_EQ(values_of(load_video_probe(directory.path(), encoder)->parameters()), values_of(probe->parameters()));
  VisionTransformerConfig other = encoder;
  other.blocks.width = 24;
  EXPECT_NE(
      test::error_of([&] { load_video_probe(directory.path(), other); }).find("is for width 20, the encoder has 24"),
      std::string::npos);
}

TEST(VJepaDirectory, OtherModelsAreToldApart) {
  const std::filesystem::path models = SEQUENT_SOURCE_DIR "/tests/golden/models";
  EXPECT_FALSE(holds_vjepa(models / "llama-plain"));
  EXPECT_NE(test::error_of([&] { load_vjepa(models / "llama-plain"); }).find("holds no model of video but one of type"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { load_vjepa("/nowhere"); }).find("does not exist"), std::string::npos);
}

TEST(VJepaDirectory, UnknownTensorsAreNamed) {
  const auto source = fresh_parameters(5);
  const VJepa model(test::small_vjepa(), *source);
  const test::TemporaryDirectory directory;
  save_vjepa(directory.path(), model);
  const TensorFile file = TensorFile::open(directory / "model.safetensors");
  std::vector<NamedTensor> tensors;
  for (const std::string& name : file.names()) tensors.push_back({name, file.tensor(name).clone()});
  tensors.push_back({"target_encoder.module.backbone.cls_token", Tensor::zeros({1})});
  save_safetensors(directory / "model.safetensors", tensors);
  for (const auto load : {+[](const std::string& path) { load_vjepa(path); },
                          +[](const std::string& path) { load_video_encoder(path); }}) {
    EXPECT_NE(test::error_of([&] { load(directory.path().string()); }).find("cls_token"), std::string::npos);
  }
}

}  // namespace
}  // namespace sequent
