#include "sequent/train/training_step.h"

#include "sequent/autograd/tape.h"
#include "sequent/kernels/norm.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/elementwise.h"

namespace sequent {
namespace {

bool finite(const Tensor& values) {
  return kernels::first_non_finite(kernels::Cpu{}, values.floats(), values.elements()) < 0;
}

}  // namespace

TrainingStep::TrainingStep(const LanguageModel& model, const TokenView& text, const TrainingStepOptions& options)
    : model_(model), options_(options), sampler_(text, options.batch, options.context, options.seed) {
  if (options.carry_states) reader_.emplace(text, options.batch, options.context);
  reset();
}

void TrainingStep::reset() {
  rows_.clear();
  for (std::int64_t row = 0; reader_ && row < options_.batch; ++row) rows_.push_back(model_.initial_state());
}

Batch TrainingStep::first_batch(std::int64_t step) const {
  const std::int64_t index = step * options_.batches;
  return reader_ ? reader_->continuing_batch(index) : sampler_.training_batch(index);
}

double TrainingStep::run(std::int64_t step) {
  model_.parameters().clear_gradients();
  auxiliary_loss_.reset();
  double sum = 0;
  for (std::int64_t i = 0; i < options_.batches; ++i) sum += run_batch(step * options_.batches + i);
  return sum / static_cast<double>(options_.batches);
}

double TrainingStep::run_batch(std::int64_t index) {
  Tape tape;
  const std::uint64_t seed =
      Random(options_.seed, Random::stream_of("dropout")).bits(static_cast<std::uint64_t>(index));
  const Losses losses = reader_ ? carried_losses(reader_->continuing_batch(index), seed)
                                : losses_of(sampler_.training_batch(index), {}, seed);
  tape.backward(options_.batches == 1 ? losses.total
                                      : scale(losses.total, 1.0f / static_cast<float>(options_.batches)));
  return losses.entropy.value().floats()[0];
}

TrainingStep::Losses TrainingStep::losses_of(const Batch& batch, std::span<ModelState* const> states,
                                             std::uint64_t seed) {
  routing_.clear();
  const ForwardOptions options = {.training = true,
                                  .recompute_blocks = options_.recompute_blocks,
                                  .dropout = options_.dropout,
                                  .seed = seed,
                                  .observe = {},
                                  .routing = &routing_};
  const Var hidden = model_.hidden(batch.inputs, batch.segments, states, options);
  const Var entropy = projected_cross_entropy(hidden, model_.projection(), batch.targets).loss;
  const Var auxiliary = routing_loss(routing_, model_.config().channel_mixer.mixture, batch.segments);
  if (!auxiliary.defined()) return {entropy, entropy};
  auxiliary_loss_ = auxiliary_loss_.value_or(0.0) +
                    static_cast<double>(auxiliary.value().floats()[0]) / static_cast<double>(options_.batches);
  return {entropy, add(entropy, auxiliary)};
}

TrainingStep::Losses TrainingStep::carried_losses(const ContinuingBatch& batch, std::uint64_t seed) {
  const auto sequences = static_cast<std::size_t>(batch.segments.count());
  std::vector<ModelState> states;
  for (std::size_t i = 0; i < sequences; ++i) {
    states.push_back(batch.continues[i] ? rows_[static_cast<std::size_t>(batch.row_of_segment[i])]
                                        : model_.initial_state());
  }
  std::vector<ModelState*> pointers;
  for (ModelState& state : states) pointers.push_back(&state);
  const Losses losses = losses_of(batch, pointers, seed);
  for (std::size_t i = 0; i < sequences; ++i) {
    // The last segment of a row is what the next step continues.
    ModelState& row = rows_[static_cast<std::size_t>(batch.row_of_segment[i])];
    row = std::move(states[i]);
    row.detach();
    const ModelState fresh = model_.initial_state();
    for (std::size_t layer = 0; layer < row.layers.size(); ++layer) {
      // A state that grows with the document cannot be carried for ever: attention starts afresh in every step.
      if (model_.layer_state_grows(layer)) row.layers[layer] = fresh.layers[layer];
    }
  }
  return losses;
}

std::function<void(std::string_view, const Tensor&)> FirstNonFinite::observer() {
  return [this](std::string_view name, const Tensor& output) {
    if (name_.empty() && !finite(output)) name_ = "the output of " + std::string(name);
  };
}

std::string first_non_finite_output(const LanguageModel& model, const Batch& batch) {
  FirstNonFinite culprit;
  ForwardOptions options;
  options.observe = culprit.observer();
  const Tape::Pause pause;
  model.hidden(batch.inputs, batch.segments, {}, options);
  return culprit.name();
}

std::string first_non_finite_gradient(const Parameters& parameters) {
  for (const Parameter& parameter : parameters.all()) {
    if (!finite(parameter.var.value())) return "the weights of " + parameter.name;
    const Tensor gradient = parameter.var.gradient();
    if (gradient.defined() && !finite(gradient)) return "the gradient of " + parameter.name;
  }
  return {};
}

}  // namespace sequent
