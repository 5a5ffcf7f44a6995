// What a run may be trained for; one line each in objective.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "sequent/train/config.h"
#include "sequent/train/training_task.h"

namespace sequent {

struct Objective {
  std::string_view name;  // of the setting `objective`
  std::string_view help;
  /// The task of a run, from the model in `checkpoint` unless that is empty.
  std::unique_ptr<TrainingTask> (*make)(const TrainConfig& config, const std::filesystem::path& checkpoint);
};

std::span<const Objective> objectives();

/// The objective that the settings ask for, or the one of their architecture; an unknown one, or one that the
/// architecture cannot be trained for, is an Error.
const Objective& objective_of(const TrainConfig& config);

}  // namespace sequent
