// The schedules of V-JEPA, as its code has them (src/utils/schedulers.py, app/vjepa/train.py).
#pragma once

#include <cstdint>

#include "sequent/train/training_task.h"
#include "sequent/train/video_config.h"

namespace sequent {

/// Of update number `step`, counted from 0, of `steps`. With s = step + 1, horizon H = floor(stretch * steps) and W
/// warm-up steps, at most 2/15 of the run as published:
///   learning rate: s < W: start + s / W * (peak - start); otherwise
///                  final + (peak - final) * (1 + cos(pi (s - W) / (H - W))) / 2
///   weight decay:  last + (first - last) * (1 + cos(pi s / H)) / 2
/// Gradients are clipped once the warm-up is over.
UpdateSettings video_update(const VideoTrainConfig& config, std::int64_t step, std::int64_t steps);

/// Of the moving average after that update: momentum + step * (1 - momentum) / (stretch * steps).
double target_momentum(const VideoTrainConfig& config, std::int64_t step, std::int64_t steps);

}  // namespace sequent
