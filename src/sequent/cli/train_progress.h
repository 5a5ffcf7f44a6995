// What a person sees of a training run: a progress bar on stderr, validations and text samples above it.
#pragma once

#include <memory>
#include <string>

#include "sequent/base/progress.h"
#include "sequent/train/trainer.h"

namespace sequent {

class TrainProgress {
 public:
  /// `label` stands before the bar. Ctrl-C asks the run to stop.
  explicit TrainProgress(std::string label) : label_(std::move(label)) {}
  TrainProgress(const TrainProgress&) = delete;
  TrainProgress& operator=(const TrainProgress&) = delete;

  /// For one run, during the life of this object.
  TrainEvents events();

 private:
  void message(const std::string& text);
  void step(const StepMetrics& metrics);

  std::string label_;
  std::unique_ptr<Progress> bar_;
};

}  // namespace sequent
