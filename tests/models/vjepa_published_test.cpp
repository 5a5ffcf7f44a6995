#include "sequent/models/vjepa_published.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/published_weights.h"
#include "sequent/models/vjepa.h"
#include "sequent/models/vjepa_layout.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

// A published file of one block, of a published width.
std::vector<NamedTensor> file_of(VJepaConfig config, const TokenGrid& grid) {
  const auto source = fresh_parameters(1);
  const VJepa model(config, *source);
  std::vector<Parameter> all(model.parameters().all().begin(), model.parameters().all().end());
  all.insert(all.end(), model.target_parameters().all().begin(), model.target_parameters().all().end());
  std::vector<NamedTensor> tensors = published_tensors(kVJepa.names, all);
  const Tensor positions = sine_cosine_positions(grid, config.encoder.blocks.width,
                                                 config.encoder.positions == VisionPositions::sine_cosine);
  for (const char* part : {"encoder", "target_encoder"}) {
    tensors.push_back({part + std::string(".module.backbone.pos_embed"),
                       positions.reshape({1, grid.tokens(), config.encoder.blocks.width})});
  }
  return tensors;
}

VJepaConfig one_block() {
  VJepaConfig config = vjepa_of_size("tiny");
  config.encoder.blocks.layers = config.predictor.blocks.layers = 1;
  config.predictor.blocks.width = 24;
  config.predictor.blocks.hidden_width = 30;
  config.predictor.mask_tokens = 3;
  config.encoder.tubelet = {.frames = 2, .patch = 4};
  config.encoder.frames = 8;
  config.encoder.image_size = 12;
  return config;
}

TEST(VJepaPublished, SizesAreReadOffTheTensors) {
  const test::TemporaryDirectory directory;
  for (const VisionPositions positions : {VisionPositions::sine_cosine, VisionPositions::sine_cosine_depth}) {
    VJepaConfig config = one_block();
    config.encoder.positions = positions;
    save_safetensors(directory / "jepa.safetensors", file_of(config, config.encoder.grid()));
    const VJepaConfig found = config_of_published_tensors(WeightSource::open(directory / "jepa.safetensors"));
    EXPECT_EQ(kVJepa.write(found), kVJepa.write(config));
  }
}

TEST(VJepaPublished, OtherPositionsAndWidthsAreRefused) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "jepa.safetensors";
  const auto message = [&](const std::vector<NamedTensor>& tensors) {
    save_safetensors(path, tensors);
    return test::error_of([&] { config_of_published_tensors(WeightSource::open(path)); });
  };
  std::vector<NamedTensor> learned = file_of(one_block(), {4, 3, 3});
  const Tensor changed = learned.back().tensor.clone();
  changed.mutable_floats()[5] += 0.1f;
  learned.back().tensor = changed;
  EXPECT_EQ(message(learned),
            "V-JEPA: the stored positions of 36 tokens are not the fixed sines and cosines of any grid");
  VJepaConfig odd = one_block();
  odd.encoder.blocks.width = 24;
  EXPECT_EQ(message(file_of(odd, {4, 3, 3})),
            path +
                ": the number of heads does not follow from the width 24, which is no published one; a config.json "
                "beside the file would say it");
  EXPECT_EQ(message({{"weight", Tensor::zeros({2})}}),
            path + ": there are no tensors encoder.module.backbone.blocks.0, so this is no V-JEPA model");
}

}  // namespace
}  // namespace sequent
