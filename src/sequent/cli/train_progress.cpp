#include "sequent/cli/train_progress.h"

#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/infer/generate.h"

namespace sequent {
namespace {

std::string sample_text(const LanguageModel& model, const Tokenizer& tokenizer) {
  GenerateOptions options;
  options.max_tokens = 120;
  return generate(model, tokenizer, "", options, [](std::string_view) {}).text;
}

std::string answer_text(const EncoderDecoder& model, const Tokenizer& tokenizer, std::span<const std::int32_t> input) {
  GenerateOptions options;
  options.max_tokens = 120;
  return generate(model, tokenizer, input, options, [](std::string_view) {}).text;
}

std::string fields_of(const StepMetrics& metrics) {
  const std::string rate = metrics.clips_per_second ? format_rate(*metrics.clips_per_second, "clips")
                                                    : format_rate(*metrics.tokens_per_second, "tokens");
  return fmt::format("loss {:.3f}  {}  lr {:.1e}", *metrics.loss, rate, *metrics.lr);
}

}  // namespace

TrainEvents TrainProgress::events() {
  TrainEvents events;
  events.stop = &catch_interrupts();
  events.sample = sample_text;
  events.answer = answer_text;
  events.begin = [this](std::int64_t done, std::int64_t steps, std::int64_t parameters) {
    note("{}: {} parameters, {} steps", label_, format_count(static_cast<double>(parameters)), steps);
    bar_ = std::make_unique<Progress>(stderr, label_, steps, Progress::Options{.done_before = done});
  };
  events.message = [this](const std::string& text) { message(text); };
  events.step = [this](const StepMetrics& metrics) { step(metrics); };
  return events;
}

void TrainProgress::message(const std::string& text) {
  if (bar_) {
    bar_->line(text);
  } else {
    note("{}", text);
  }
}

void TrainProgress::step(const StepMetrics& metrics) {
  if (!bar_) return;
  if (metrics.val_loss) {
    bar_->line(
        fmt::format("step {}: loss {:.4f}, validation loss {:.4f}", metrics.step, *metrics.loss, *metrics.val_loss));
  }
  if (metrics.probe_accuracy) {
    bar_->line(fmt::format("step {}: loss {:.4f}, online probe {:.1f}%", metrics.step, *metrics.loss,
                           100 * *metrics.probe_accuracy));
  }
  bar_->update(metrics.step, fields_of(metrics));
}

}  // namespace sequent
