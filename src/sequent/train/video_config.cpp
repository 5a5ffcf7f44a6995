#include "sequent/train/video_config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sequent/base/catalog.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::array<VideoRecipe, 3> kRecipes = {{
    {"vitl16", "large", 224, 3072},
    {"vith16", "huge", 224, 3072},
    {"vith16-384", "huge", 384, 2400},
}};
constexpr std::int64_t kStepsPerEpoch = 300;
constexpr std::int64_t kEpochs = 300;
constexpr std::int64_t kWarmupEpochs = 40;

VideoTarget target_named(const std::string& name) {
  const auto found = std::find(kVideoTargetNames.begin(), kVideoTargetNames.end(), name);
  check(found != kVideoTargetNames.end(), "target: must be features or pixels, got '{}'", name);
  return static_cast<VideoTarget>(found - kVideoTargetNames.begin());
}

}  // namespace

VideoTrainConfig::VideoTrainConfig() {
  lr = 6.25e-4;
  warmup = kWarmupEpochs * kStepsPerEpoch;
  weight_decay = 0.04;
  beta2 = 0.999;
  clip = 10;
}

std::vector<Field> VideoTrainConfig::fields() {
  std::vector<Field> all = {
      {"size", "of the encoder: tiny, small, base, large, huge or giant", &size},
      {"layers", "of the encoder (0: by size)", &layers},
      {"patch", "height and width of a token in pixels", &patch},
      {"tubelet", "frames of a token", &tubelet},
      {"predictor_width", "channels of the predictor", &predictor_width},
      {"predictor_layers", "of the predictor", &predictor_layers},
      {"target", "what is predicted: features of the moving average, or pixels", &target},
      {"masks", "what is hidden: multiblock, random-tube or causal", &masks},
      {"data", "directory of videos, or a file of lines 'path label'; labels are not looked at", &data},
      {"frames", "of a clip", &frames},
      {"stride", "a clip spans so many times its frames", &stride},
      {"clips", "of each video of a batch", &clips},
      {"image_size", "height and width of a clip in pixels", &image_size},
      {"smallest_crop", "smallest share of a frame that is cropped", &smallest_crop},
      {"jitter", "of brightness, contrast and saturation (0: none, as published)", &jitter},
      {"flip", "exchange left and right of half of the clips", &flip},
      {"skip_short", "skip videos shorter than a clip, whose last frame is repeated otherwise", &skip_short},
      {"batch", "videos of a step", &batch},
      {"workers", "threads that decode ahead", &workers},
      {"start_lr", "learning rate before the warm-up, as a fraction of the highest", &start_lr},
      {"final_lr", "lowest learning rate, as a fraction of the highest", &final_lr},
      {"final_weight_decay", "weight decay at the end of the schedules", &final_weight_decay},
      {"momentum", "of the moving average at the first step; it rises to 1", &momentum},
      {"stretch", "schedules are this many times as long as the run, which stops before their end", &stretch},
      {"probe", "labelled videos on which features are tried at every validation (empty: none)", &probe},
  };
  const std::vector<Field> run = run_fields();
  all.insert(all.end(), run.begin(), run.end());
  return all;
}

void VideoTrainConfig::validate() const {
  check(!data.empty(), "data: no videos were given; use --data DIRECTORY or FILE");
  validate_run();
  for (const auto& [name, value] : {std::pair<std::string_view, std::int64_t>{"patch", patch},
                                    {"tubelet", tubelet},
                                    {"predictor_width", predictor_width},
                                    {"predictor_layers", predictor_layers},
                                    {"frames", frames},
                                    {"stride", stride},
                                    {"clips", clips},
                                    {"image_size", image_size},
                                    {"batch", batch},
                                    {"workers", workers}}) {
    check_at_least(name, value, std::int64_t{1});
  }
  check_at_least("layers", layers, std::int64_t{0});
  check(image_size % patch == 0, "image_size: must be a multiple of patch, {}, got {}", patch, image_size);
  check(frames % tubelet == 0, "frames: must be a multiple of tubelet, {}, got {}", tubelet, frames);
  for (const auto& [name, value] : {std::pair<std::string_view, double>{"start_lr", start_lr},
                                    {"final_lr", final_lr},
                                    {"momentum", momentum},
                                    {"jitter", jitter}}) {
    check(value >= 0 && value <= 1, "{}: must be from 0 to 1, got {}", name, value);
  }
  check(smallest_crop > 0 && smallest_crop <= 1, "smallest_crop: must be above 0 and at most 1, got {}", smallest_crop);
  check_at_least("final_weight_decay", final_weight_decay, 0.0);
  check_at_least("stretch", stretch, 1.0);
  mask_generators();
  model().validate();
}

VJepaConfig VideoTrainConfig::model() const {
  VJepaConfig config = vjepa_of_size(size);
  if (layers > 0) config.encoder.blocks.layers = layers;
  config.encoder.tubelet = {.frames = tubelet, .patch = patch};
  config.encoder.frames = frames;
  config.encoder.image_size = image_size;
  config.predictor.blocks.width = predictor_width;
  config.predictor.blocks.hidden_width = 4 * predictor_width;
  config.predictor.blocks.layers = predictor_layers;
  config.predictor.mask_tokens = static_cast<std::int64_t>(mask_generators().size());
  config.target = target_named(target);
  return config;
}

ClipSettings VideoTrainConfig::clip_settings() const {
  ClipSettings settings;
  settings.sampling = {.frames = frames, .stride = stride, .clips = clips};
  settings.size = image_size;
  settings.augmentation.scale[0] = smallest_crop;
  settings.augmentation.flip = flip;
  settings.augmentation.jitter = jitter;
  settings.skip_short = skip_short;
  settings.seed = static_cast<std::uint64_t>(seed);
  return settings;
}

std::span<const MaskGenerator> VideoTrainConfig::mask_generators() const {
  return find_entry("masks", mask_kinds(), masks).generators;
}

std::span<const VideoRecipe> video_recipes() {
  return kRecipes;
}

VideoTrainConfig video_recipe(std::string_view name) {
  const VideoRecipe& recipe = find_entry("recipe", video_recipes(), name);
  VideoTrainConfig config;
  config.size = recipe.size;
  config.image_size = recipe.image_size;
  config.batch = recipe.batch;
  config.steps = kEpochs * kStepsPerEpoch;
  config.precision = "bf16";
  return config;
}

}  // namespace sequent
