#include "sequent/train/span_corruption_task.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/models/model_directory.h"
#include "sequent/ops/elementwise.h"
#include "sequent/text/sentinels.h"
#include "sequent/train/encoder_decoder_loss.h"
#include "sequent/train/evaluate_spans.h"
#include "sequent/train/training_step.h"

namespace sequent {
namespace {

LoadedEncoderDecoder model_of(const TrainConfig& config, const Tokenizer& tokenizer,
                              const std::filesystem::path& checkpoint) {
  if (!checkpoint.empty()) return load_encoder_decoder(checkpoint);
  if (!config.init_from.empty()) return load_encoder_decoder(find_model_directory(config.init_from));
  const EncoderDecoderFamily* family = find_encoder_decoder_family(config.arch);
  check(family != nullptr, "objective: span-corruption trains an encoder-decoder, got the architecture {}",
        config.arch);
  const auto fresh = fresh_parameters(static_cast<std::uint64_t>(config.seed));
  const Dimensions dimensions = config.dimensions(tokenizer.vocabulary_size(), tokenizer.end_of_text());
  return {family, std::make_unique<EncoderDecoder>(new_encoder_decoder_config(*family, dimensions), *fresh)};
}

LoadedEncoderDecoder flattened(LoadedEncoderDecoder loaded) {
  loaded.model->parameters().flatten();
  return loaded;
}

}  // namespace

SpanCorruptionTask::SpanCorruptionTask(const TrainConfig& config, const std::filesystem::path& checkpoint)
    : config_(config),
      data_(open_training_data(config, with_sentinels(tokenizer_of(config)))),
      loaded_(flattened(model_of(config, data_.tokenizer, checkpoint))),
      marks_(span_marks(*loaded_.model, data_.tokenizer)),
      row_(tokens_for_inputs(config.context)),
      sampler_(data_.training, config.batch, row_, static_cast<std::uint64_t>(config.seed)) {
  check(!config.tbptt, "tbptt: an encoder-decoder reads every text whole and carries nothing from step to step");
  const std::int64_t spans = span_counts(row_).spans;
  const auto sentinels = static_cast<std::int64_t>(marks_.sentinels.size());
  check(spans <= sentinels, "context: {} tokens of text have {} blanks, but the tokenizer has {} sentinels", row_,
        spans, sentinels);
  check_vocabulary(data_.tokenizer, loaded_.model->config().vocabulary);
}

EncoderDecoderBatch SpanCorruptionTask::batch(std::int64_t index) const {
  const Random random(static_cast<std::uint64_t>(config_.seed), Random::stream_of("spans"));
  EncoderDecoderBatch batch =
      corrupt_batch(sampler_.training_batch(index), marks_, random.bits(static_cast<std::uint64_t>(index)));
  check(batch.text_tokens > 0, "data: a batch has no document of at least two tokens to cut blanks out of");
  return batch;
}

void SpanCorruptionTask::run(std::int64_t step, StepMetrics& metrics) {
  parameters().clear_gradients();
  const auto count = static_cast<double>(config_.accumulate);
  const Random dropout(static_cast<std::uint64_t>(config_.seed), Random::stream_of("dropout"));
  double entropy = 0;
  double auxiliary = 0;
  for (std::int64_t i = 0; i < config_.accumulate; ++i) {
    const std::int64_t index = step * config_.accumulate + i;
    Tape tape;
    EncoderDecoderLoss loss = encoder_decoder_loss(*loaded_.model, batch(index),
                                                   {.training = true,
                                                    .recompute_blocks = config_.recompute,
                                                    .dropout = static_cast<float>(config_.dropout),
                                                    .seed = dropout.bits(static_cast<std::uint64_t>(index)),
                                                    .observe = {}});
    tape.backward(config_.accumulate == 1 ? loss.total : scale(loss.total, static_cast<float>(1 / count)));
    const auto value = static_cast<double>(loss.entropy.value().floats()[0]);
    entropy += value / count;
    auxiliary += (static_cast<double>(loss.total.value().floats()[0]) - value) / count;
    routing_ = std::move(loss.routing);
  }
  metrics.loss = entropy;
  if (!routing_.empty()) metrics.aux_loss = auxiliary;
}

std::string SpanCorruptionTask::first_non_finite_output(std::int64_t step) const {
  FirstNonFinite culprit;
  ForwardOptions options;
  options.observe = culprit.observer();
  const Tape::Pause pause;
  encoder_decoder_loss(*loaded_.model, batch(step * config_.accumulate), options);
  return culprit.name();
}

std::optional<Evaluation> SpanCorruptionTask::evaluate_on_held_out(const EncoderDecoder& model,
                                                                   std::int64_t tokens) const {
  if (data_.held_out.size() < 3) return {};
  return evaluate_spans(model, marks_, data_.held_out,
                        {.context = config_.context, .batch = config_.batch, .tokens = tokens});
}

void SpanCorruptionTask::validate(StepMetrics& metrics) const {
  if (const auto evaluation = evaluate_on_held_out(*loaded_.model, config_.eval_tokens)) {
    metrics.val_loss = evaluation->loss;
  }
}

std::optional<Evaluation> SpanCorruptionTask::validate_saved(const std::filesystem::path& directory) const {
  return evaluate_on_held_out(*load_encoder_decoder(directory).model, 0);
}

void SpanCorruptionTask::save(const std::filesystem::path& directory) const {
  save_encoder_decoder(directory, *loaded_.family, *loaded_.model);
  data_.tokenizer.save(directory);
}

std::optional<std::string> SpanCorruptionTask::sample(std::int64_t step, const TrainEvents& events) const {
  if (!events.answer || !sample_due(config_, step)) return {};
  // The blanks of the first sequence of the first batch.
  const EncoderDecoderBatch first = batch(0);
  const auto input = std::span(first.encoder_ids).first(static_cast<std::size_t>(first.encoder_segments.length(0)));
  return data_.tokenizer.decode(input, /*special=*/true) + "\n" + events.answer(*loaded_.model, data_.tokenizer, input);
}

}  // namespace sequent
