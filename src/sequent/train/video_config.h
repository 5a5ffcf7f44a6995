// Everything that decides a run of V-JEPA on video. The defaults are the published recipe (configs/pretrain/vitl16.yaml
// of the paper's code), but for size, batch, length and precision.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/vjepa_config.h"
#include "sequent/train/run_config.h"
#include "sequent/video/clip_dataset.h"
#include "sequent/video/masks.h"

namespace sequent {

struct VideoTrainConfig : RunConfig {
  // The model.
  std::string size = "tiny";
  std::int64_t layers = 0;
  std::int64_t patch = 16;
  std::int64_t tubelet = 2;
  std::int64_t predictor_width = 384;
  std::int64_t predictor_layers = 12;
  std::string target = "features";
  std::string masks = "multiblock";
  // The data.
  std::string data;
  std::int64_t frames = 16;
  std::int64_t stride = 4;
  std::int64_t clips = 1;
  std::int64_t image_size = 224;
  double smallest_crop = 0.3;
  double jitter = 0;
  bool flip = true;
  bool skip_short = false;
  std::int64_t batch = 8;
  std::int64_t workers = 2;
  // The schedules.
  double start_lr = 0.32;
  double final_lr = 0.0016;
  double final_weight_decay = 0.4;
  double momentum = 0.998;
  double stretch = 1.25;
  // What is measured beside.
  std::string probe;

  VideoTrainConfig();
  /// Every setting with its help.
  std::vector<Field> fields();
  /// Throws unless every value is in its range; `out` and `data` are needed.
  void validate() const;

  VJepaConfig model() const;
  ClipSettings clip_settings() const;
  std::span<const MaskGenerator> mask_generators() const;
};

/// The published runs: vitl16, vith16, vith16-384.
struct VideoRecipe {
  std::string_view name;
  std::string_view size;
  std::int64_t image_size;
  std::int64_t batch;
};
std::span<const VideoRecipe> video_recipes();
/// The settings of a published run: 90000 steps, of which 12000 are warm-up. An unknown name is an Error that lists
/// those there are.
VideoTrainConfig video_recipe(std::string_view name);

}  // namespace sequent
