#include "sequent/train/text_update.h"

#include <algorithm>

#include "sequent/train/schedule.h"

namespace sequent {

UpdateSettings text_update(const TrainConfig& config, std::int64_t step, std::int64_t steps) {
  const Schedule schedule({.name = config.schedule,
                           .peak = config.lr,
                           .steps = std::max<std::int64_t>(steps, 1),  // 0 until a run by `minutes` is timed
                           // A short run still spends most of its steps at a useful rate.
                           .warmup_steps = std::min(config.warmup, steps / 10),
                           .minimum_fraction = config.min_lr,
                           .decay_share = config.decay});
  return {.learning_rate = schedule.learning_rate(step), .weight_decay = config.weight_decay, .clip = config.clip};
}

bool sample_due(const TrainConfig& config, std::int64_t step) {
  return config.sample_every > 0 && step % config.sample_every == 0;
}

}  // namespace sequent
