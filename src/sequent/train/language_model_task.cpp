#include "sequent/train/language_model_task.h"

#include "sequent/base/error.h"
#include "sequent/train/training_state.h"

namespace sequent {
namespace {

LoadedModel model_of(const TrainConfig& config, const Tokenizer& tokenizer, const std::filesystem::path& checkpoint) {
  if (!checkpoint.empty()) return load_model(checkpoint);
  if (!config.init_from.empty()) return load_model(find_model_directory(config.init_from));
  const LanguageModelConfig model =
      new_model_config(config.arch, config.dimensions(tokenizer.vocabulary_size(), tokenizer.end_of_text()));
  const auto fresh = fresh_parameters(static_cast<std::uint64_t>(config.seed));
  return {&layout_for(model), std::make_unique<LanguageModel>(model, *fresh)};
}

LoadedModel flattened(LoadedModel loaded) {
  loaded.model->parameters().flatten();
  return loaded;
}

}  // namespace

LanguageModelTask::LanguageModelTask(const TrainConfig& config, const std::filesystem::path& checkpoint)
    : config_(config),
      data_(open_training_data(config, tokenizer_of(config))),
      loaded_(flattened(model_of(config, data_.tokenizer, checkpoint))),
      step_(*loaded_.model, data_.training,
            {.batch = config.batch,
             .context = config.context,
             .batches = config.accumulate,
             .carry_states = config.tbptt,
             .recompute_blocks = config.recompute,
             .dropout = static_cast<float>(config.dropout),
             .seed = static_cast<std::uint64_t>(config.seed)}) {
  check_vocabulary(data_.tokenizer, loaded_.model->config().vocabulary);
}

void LanguageModelTask::run(std::int64_t step, StepMetrics& metrics) {
  metrics.loss = step_.run(step);
  metrics.aux_loss = step_.auxiliary_loss();
}

std::string LanguageModelTask::first_non_finite_output(std::int64_t step) const {
  return sequent::first_non_finite_output(*loaded_.model, step_.first_batch(step));
}

std::optional<Evaluation> LanguageModelTask::evaluate_on_held_out(const LanguageModel& model,
                                                                  std::int64_t tokens) const {
  if (data_.held_out.size() < 2) return {};
  return evaluate(model, data_.held_out, {.context = config_.context, .batch = config_.batch, .tokens = tokens});
}

void LanguageModelTask::validate(StepMetrics& metrics) const {
  if (const auto evaluation = evaluate_on_held_out(*loaded_.model, config_.eval_tokens)) {
    metrics.val_loss = evaluation->loss;
  }
}

std::optional<Evaluation> LanguageModelTask::validate_saved(const std::filesystem::path& directory) const {
  return evaluate_on_held_out(*load_model(directory).model, 0);
}

void LanguageModelTask::save(const std::filesystem::path& directory) const {
  save_model(directory, *loaded_.model);
  data_.tokenizer.save(directory);
}

std::vector<NamedTensor> LanguageModelTask::carried() const {
  return tensors_of_states(step_.carried_states());
}

void LanguageModelTask::restore(const TensorFile& file) {
  restore_states(file, step_.carried_states());
}

std::optional<std::string> LanguageModelTask::sample(std::int64_t step, const TrainEvents& events) const {
  if (!events.sample || !sample_due(config_, step)) return {};
  return events.sample(*loaded_.model, data_.tokenizer);
}

}  // namespace sequent
