// How a run on text updates its weights: the learning rate on the schedule of its settings, everything else constant.
#pragma once

#include "sequent/train/config.h"
#include "sequent/train/training_task.h"

namespace sequent {

/// Of update number `step` of `steps`; steps below 1 count as 1. Error: a schedule that there is not, or with numbers
/// out of range.
UpdateSettings text_update(const TrainConfig& config, std::int64_t step, std::int64_t steps);

/// Whether a sample is due after `step` steps.
bool sample_due(const TrainConfig& config, std::int64_t step);

}  // namespace sequent
