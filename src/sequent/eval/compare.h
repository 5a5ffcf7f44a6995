// Trains several architectures under equal conditions and measures them: the comparison of a directory.
//
// DIR/plan.json             settings, and the widths and steps chosen
// DIR/runs/LABEL-seed1/     a run directory for each model and seed, with result.json when it is finished
// DIR/measurements/         speed and memory at each context, by model
// DIR/results.json          everything, when all is done; DIR/report.html is made from it
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sequent/eval/compare_config.h"
#include "sequent/train/trainer.h"

namespace sequent {

/// What a comparison tells its caller; the library itself never prints.
struct CompareEvents {
  /// Before each training run, with its number of all: what the run should tell.
  std::function<TrainEvents(const std::string& label, std::int64_t seed, std::int64_t number, std::int64_t of)>
      training;
  /// Before each measurement, and before widths are chosen and steps timed: what is done.
  std::function<void(const std::string&)> message;
  /// When it becomes true what is being done is finished or saved, and the comparison ends.
  const std::atomic<bool>* stop = nullptr;
};

/// Does what is left to do in config.train.out: with the same configuration a comparison that was stopped or killed at
/// any moment goes on where it was. Models take turns in who is trained first, from seed to seed, and everything is
/// measured after all training. Writes results.json and report.html and returns the content of the former; null when it
/// was stopped. Errors: those of training; a directory that holds a comparison with other settings, naming one.
nlohmann::ordered_json compare(CompareConfig config, const CompareEvents& events);

}  // namespace sequent
