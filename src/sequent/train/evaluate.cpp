#include "sequent/train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/stopwatch.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/text/batches.h"

namespace sequent {

void Evaluation::add(const Segments& segments, const Tensor& token_losses) {
  const float* values = token_losses.floats();
  double total = 0;
  for (std::int64_t s = 0; s < segments.count(); ++s) {
    const auto length = static_cast<std::size_t>(segments.length(s));
    if (loss_by_position.size() < length) {
      loss_by_position.resize(length);
      tokens_by_position.resize(length);
    }
    const float* sequence = values + segments.begin(s);
    for (std::size_t p = 0; p < length; ++p) {
      loss_by_position[p] += sequence[p];
      ++tokens_by_position[p];
      total += sequence[p];
    }
  }
  loss += total;
  tokens += segments.tokens();
}

void Evaluation::finish() {
  for (std::size_t p = 0; p < loss_by_position.size(); ++p) {
    if (tokens_by_position[p] > 0) loss_by_position[p] /= static_cast<double>(tokens_by_position[p]);
  }
  loss /= static_cast<double>(tokens);
}

double Evaluation::perplexity() const {
  return std::exp(loss);
}

double Evaluation::bits_per_byte() const {
  if (bytes == 0) return 0.0;
  return loss * static_cast<double>(tokens) / (std::numbers::ln2 * static_cast<double>(bytes));
}

Evaluation evaluate(const LanguageModel& model, const TokenView& text, const EvaluationOptions& options) {
  check(options.tokens >= 0, "evaluate: tokens must not be negative, got {}", options.tokens);
  const Tape::Pause pause;
  const Stopwatch watch;
  const EvaluationReader reader(text, options.batch, options.context);
  const std::int64_t all = text.size() - 1;
  const std::int64_t wanted = options.tokens == 0 ? all : std::min(options.tokens, all);
  Evaluation result;
  for (std::int64_t i = 0; i < reader.batches() && result.tokens < wanted; ++i) {
    const Batch batch = reader.batch(i);
    const Var hidden = model.hidden(batch.inputs, batch.segments);
    const ProjectedCrossEntropy entropy = projected_cross_entropy(hidden, model.projection(), batch.targets);
    result.add(batch.segments, entropy.token_losses);
    if (options.progress) options.progress(result.tokens, std::max(wanted, result.tokens));
  }
  result.finish();
  result.bytes = text.text_bytes(1, 1 + result.tokens);
  result.seconds = watch.seconds();
  return result;
}

}  // namespace sequent
