#include "sequent/train/video_run.h"

#include "sequent/train/video_task.h"

namespace sequent {
namespace {

RunPlan video_run(VideoTrainConfig config, const TrainEvents& events) {
  config.validate();
  return {.config = config,
          .toml =
              [config](std::int64_t steps) mutable {
                config.steps = steps;
                return to_toml(config.fields());
              },
          .task =
              [config, warn = events.message](const std::filesystem::path& checkpoint) {
                return std::make_unique<VideoTask>(config, checkpoint, warn);
              }};
}

}  // namespace

TrainResult train_on_video(const VideoTrainConfig& config, const TrainEvents& events) {
  return train(video_run(config, events), events);
}

TrainResult resume_on_video(const std::string& directory, const TrainEvents& events) {
  return resume_training(directory, events, [&](std::string_view toml, const std::string& file) {
    VideoTrainConfig config;
    read_toml(config.fields(), toml, file);
    config.out = directory;
    return video_run(config, events);
  });
}

}  // namespace sequent
