// What a checkpoint holds beside the model, so that a resumed run continues bit for bit: the optimizer's means, the
// position in the run and, with truncated back-propagation through time, the carried states.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sequent/models/language_model.h"
#include "sequent/train/optimizer.h"

namespace sequent {

struct TrainingProgress {
  std::int64_t step = 0;  // optimizer steps done
  std::int64_t tokens = 0;
  double seconds = 0;
  double best_loss = 0;  // lowest validation loss so far
  std::int64_t best_step = -1;
};

/// Writes `path` (training_state.safetensors).
void save_training_state(const std::filesystem::path& path, const TrainingProgress& progress, const AdamW& optimizer,
                         const std::vector<ModelState>& carried);

/// Reads it back; a file of another model is an Error naming what differs.
TrainingProgress load_training_state(const std::filesystem::path& path, AdamW& optimizer,
                                     std::vector<ModelState>& carried);

}  // namespace sequent
