// Training V-JEPA on video, with the one loop of train/trainer.h.
#pragma once

#include <string>

#include "sequent/train/trainer.h"
#include "sequent/train/video_config.h"

namespace sequent {

/// Trains as `config` says in a new run directory.
TrainResult train_on_video(const VideoTrainConfig& config, const TrainEvents& events);

/// Continues the run in `directory`, bit for bit as if it had not stopped.
TrainResult resume_on_video(const std::string& directory, const TrainEvents& events);

}  // namespace sequent
