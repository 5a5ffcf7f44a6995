// What a checkpoint holds beside the model, so that a resumed run continues bit for bit: the optimizer's means, the
// position in the run and what is carried from step to step, such as the states of truncated back-propagation through
// time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sequent/base/function_ref.h"
#include "sequent/checkpoint/safetensors.h"
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
                         const std::vector<NamedTensor>& carried);

/// Reads it back, and hands the file to `restore` for what was carried; a file of another model is an Error naming what
/// differs.
TrainingProgress load_training_state(const std::filesystem::path& path, AdamW& optimizer,
                                     FunctionRef<void(const TensorFile&)> restore);

/// The states of sequences as tensors with a name each, and back into states of the same model.
std::vector<NamedTensor> tensors_of_states(const std::vector<ModelState>& states);
void restore_states(const TensorFile& file, std::vector<ModelState>& states);

}  // namespace sequent
