#include "sequent/train/training_state.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <string>

#include "sequent/base/error.h"

namespace sequent {
namespace {

std::string state_name(std::size_t row, std::size_t layer, const std::string& entry) {
  return fmt::format("state.{}.{}.{}", row, layer, entry);
}

// Doubles travel as the bits of 64-bit integers: exact, and of a type every reader knows.
Tensor progress_tensor(const TrainingProgress& progress, std::int64_t optimizer_steps) {
  const std::array<std::int64_t, 6> numbers = {progress.step,
                                               progress.tokens,
                                               std::bit_cast<std::int64_t>(progress.seconds),
                                               std::bit_cast<std::int64_t>(progress.best_loss),
                                               progress.best_step,
                                               optimizer_steps};
  return Tensor::from(std::span<const std::int64_t>(numbers), {6});
}

}  // namespace

void save_training_state(const std::filesystem::path& path, const TrainingProgress& progress, const AdamW& optimizer,
                         const std::vector<NamedTensor>& carried) {
  std::vector<NamedTensor> tensors = {{"adamw.mean", optimizer.mean()},
                                      {"adamw.mean_square", optimizer.mean_square()},
                                      {"progress", progress_tensor(progress, optimizer.steps())}};
  tensors.insert(tensors.end(), carried.begin(), carried.end());
  save_safetensors(path.string(), tensors);
}

TrainingProgress load_training_state(const std::filesystem::path& path, AdamW& optimizer,
                                     FunctionRef<void(const TensorFile&)> restore) {
  const TensorFile file = TensorFile::open(path.string());
  const Tensor numbers = file.tensor("progress");
  expect_shape("resume", "progress", numbers, {6});
  const std::int64_t* at = numbers.data<std::int64_t>();
  optimizer.restore(file.tensor("adamw.mean"), file.tensor("adamw.mean_square"), at[5]);
  restore(file);
  return {.step = at[0],
          .tokens = at[1],
          .seconds = std::bit_cast<double>(at[2]),
          .best_loss = std::bit_cast<double>(at[3]),
          .best_step = at[4]};
}

std::vector<NamedTensor> tensors_of_states(const std::vector<ModelState>& states) {
  std::vector<NamedTensor> tensors;
  for (std::size_t row = 0; row < states.size(); ++row) {
    for (std::size_t layer = 0; layer < states[row].layers.size(); ++layer) {
      const MixerState& state = states[row].layers[layer];
      const std::array<std::int64_t, 1> position = {state.position};
      tensors.push_back(
          {state_name(row, layer, "position"), Tensor::from(std::span<const std::int64_t>(position), {1})});
      for (const MixerState::Entry& entry : state.entries) {
        tensors.push_back({state_name(row, layer, entry.name), entry.value.value()});
      }
    }
  }
  return tensors;
}

void restore_states(const TensorFile& file, std::vector<ModelState>& states) {
  for (std::size_t row = 0; row < states.size(); ++row) {
    for (std::size_t layer = 0; layer < states[row].layers.size(); ++layer) {
      MixerState& state = states[row].layers[layer];
      const Tensor position = file.tensor(state_name(row, layer, "position"));
      expect_shape("resume", "the position of a carried state", position, {1});
      state.position = position.data<std::int64_t>()[0];
      for (MixerState::Entry& entry : state.entries) {
        const Tensor value = file.tensor(state_name(row, layer, entry.name));
        expect_shape("resume", "the carried state " + entry.name, value, entry.value.shape());
        entry.value = Var(value.clone());
      }
    }
  }
}

}  // namespace sequent
