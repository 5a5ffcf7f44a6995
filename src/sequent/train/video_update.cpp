#include "sequent/train/video_update.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sequent {
namespace {

double half_cosine(double from, double to, double progress) {
  return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(progress, 1.0)));
}

}  // namespace

UpdateSettings video_update(const VideoTrainConfig& config, std::int64_t step, std::int64_t steps) {
  const std::int64_t warmup = std::min(config.warmup, steps * 2 / 15);
  const auto s = static_cast<double>(step + 1);
  const auto w = static_cast<double>(warmup);
  const double horizon = std::floor(config.stretch * static_cast<double>(steps));
  UpdateSettings update;
  update.learning_rate =
      s < w ? config.lr * (config.start_lr + s / w * (1 - config.start_lr))
            : half_cosine(config.lr, config.lr * config.final_lr, (s - w) / std::max(1.0, horizon - w));
  update.weight_decay = half_cosine(config.weight_decay, config.final_weight_decay, s / std::max(1.0, horizon));
  update.clip = step >= warmup ? config.clip : 0;
  return update;
}

double target_momentum(const VideoTrainConfig& config, std::int64_t step, std::int64_t steps) {
  const double horizon = std::max(1.0, config.stretch * static_cast<double>(steps));
  return std::min(1.0, config.momentum + static_cast<double>(step) * (1 - config.momentum) / horizon);
}

}  // namespace sequent
