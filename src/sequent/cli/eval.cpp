// sequent eval: how well a model predicts a text.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "sequent/base/progress.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/verbs.h"
#include "sequent/text/corpus.h"
#include "sequent/text/dataset.h"
#include "sequent/train/evaluate.h"
#include "sequent/train/evaluate_spans.h"

namespace sequent {
namespace {

// With the model's own context, but not so long that scoring a short text takes a server's memory.
constexpr std::int64_t kLargestDefaultContext = 2048;
constexpr std::int64_t kTokensPerBatch = 4096;

struct Flags {
  std::string model;
  std::vector<std::filesystem::path> data;
  std::int64_t context = 0;
  std::int64_t batch = 0;
  std::int64_t max_tokens = 0;
  bool by_position = false;
  std::string cache;
};

EvaluationOptions options_of(const Flags& flags, std::int64_t trained_context) {
  EvaluationOptions options;
  const std::int64_t trained = trained_context > 0 ? trained_context : kLargestDefaultContext;
  options.context = flags.context > 0 ? flags.context : std::min(trained, kLargestDefaultContext);
  options.batch = flags.batch > 0 ? flags.batch : std::max<std::int64_t>(1, kTokensPerBatch / options.context);
  options.tokens = flags.max_tokens;
  return options;
}

nlohmann::json json_of(const Evaluation& evaluation, const EvaluationOptions& options, bool by_position) {
  // The tokens of an answer to blanks stand for no text of their own.
  const nlohmann::json bits_per_byte =
      evaluation.bytes > 0 ? nlohmann::json(evaluation.bits_per_byte()) : nlohmann::json();
  nlohmann::json json = {{"tokens", evaluation.tokens},
                         {"bytes", evaluation.bytes},
                         {"context", options.context},
                         {"loss", evaluation.loss},
                         {"perplexity", evaluation.perplexity()},
                         {"bits_per_byte", bits_per_byte},
                         {"tokens_per_second", evaluation.tokens_per_second()},
                         {"seconds", evaluation.seconds}};
  if (by_position) {
    json["loss_by_position"] = evaluation.loss_by_position;
    json["tokens_by_position"] = evaluation.tokens_by_position;
  }
  return json;
}

// The curve in ranges that double, each with its mean.
void print_by_position(const Evaluation& evaluation) {
  write_out(fmt::format("\n{:>17}  {:>8}  {:>10}\n", "position", "loss", "tokens"));
  const auto size = static_cast<std::int64_t>(evaluation.loss_by_position.size());
  for (std::int64_t begin = 0, end = 1; begin < size; begin = end, end = 2 * end) {
    end = std::min(end, size);
    double loss = 0;
    std::int64_t tokens = 0;
    for (std::int64_t p = begin; p < end; ++p) {
      const auto i = static_cast<std::size_t>(p);
      loss += evaluation.loss_by_position[i] * static_cast<double>(evaluation.tokens_by_position[i]);
      tokens += evaluation.tokens_by_position[i];
    }
    write_out(
        fmt::format("{:>8} {:>8}  {:>8.4f}  {:>10}\n", begin, end - 1, loss / static_cast<double>(tokens), tokens));
  }
}

void print(const Evaluation& evaluation, const EvaluationOptions& options) {
  write_out(fmt::format("loss           {:.4f} nats per token\n", evaluation.loss));
  write_out(fmt::format("perplexity     {:.4g}\n", evaluation.perplexity()));
  if (evaluation.bytes > 0) {
    write_out(fmt::format("bits per byte  {:.4f}\n", evaluation.bits_per_byte()));
    write_out(fmt::format("tokens         {} in windows of {}, {} bytes of text\n", evaluation.tokens, options.context,
                          evaluation.bytes));
  } else {
    write_out(fmt::format("tokens         {} filled into the blanks of inputs of {} tokens\n", evaluation.tokens,
                          options.context));
  }
  write_out(fmt::format("speed          {}\n", format_rate(evaluation.tokens_per_second(), "tokens")));
}

// evaluate(text, options) on all of the text, with a progress bar, and what came out.
template <class Evaluate>
int report(const Flags& flags, const CommonFlags& common, const Tokenizer& tokenizer, std::int64_t trained_context,
           Evaluate&& evaluate) {
  const std::filesystem::path cache =
      flags.cache.empty() ? default_cache_directory() : std::filesystem::path(flags.cache);
  const TokenDataset data = TokenDataset::open(Corpus(flags.data), tokenizer, cache);
  EvaluationOptions options = options_of(flags, trained_context);
  std::unique_ptr<Progress> bar;
  if (common.terminal()) {
    options.progress = [&](std::int64_t done, std::int64_t total) {
      if (!bar) bar = std::make_unique<Progress>(stderr, "eval", total);
      bar->update(done);
    };
  }
  const Evaluation evaluation = evaluate(data.all(), options);
  bar.reset();
  if (common.json()) {
    write_json(json_of(evaluation, options, flags.by_position));
    return 0;
  }
  print(evaluation, options);
  if (flags.by_position) print_by_position(evaluation);
  return 0;
}

int evaluate_model(const Flags& flags, const CommonFlags& common) {
  if (names_encoder_decoder(flags.model)) {
    const OpenedEncoderDecoder opened = open_encoder_decoder(flags.model);
    const EncoderDecoder& model = *opened.loaded.model;
    const SpanMarks marks = span_marks(model, opened.tokenizer);
    return report(flags, common, opened.tokenizer, model.config().context,
                  [&](const TokenView& text, const EvaluationOptions& options) {
                    return evaluate_spans(model, marks, text, options);
                  });
  }
  const OpenedModel opened = open_model(flags.model);
  const LanguageModel& model = *opened.loaded.model;
  return report(
      flags, common, opened.tokenizer, model.config().context,
      [&](const TokenView& text, const EvaluationOptions& options) { return evaluate(model, text, options); });
}

}  // namespace

int run_eval(int argc, char** argv) {
  CLI::App app(
      "Loss, perplexity and bits per byte of a model on text; of an encoder-decoder, the loss on what it "
      "fills into blanks.",
      "sequent eval");
  Flags flags;
  CommonFlags common(app);
  app.add_option("MODEL", flags.model, "model directory or run directory")->required();
  app.add_option("--data", flags.data, "files or directories of text")->required()->type_name("PATH ...");
  app.add_option("--context", flags.context, "tokens of a window; 0: as trained, at most 2048")
      ->check(not_negative_integer());
  app.add_option("--batch", flags.batch, "windows at a time; 0: as many as make 4096 tokens")
      ->check(not_negative_integer());
  app.add_option("--max-tokens", flags.max_tokens, "stop after about so many tokens; 0: all")
      ->check(not_negative_integer());
  app.add_flag("--by-position", flags.by_position, "also the loss by the number of tokens seen before");
  const PrecisionFlag precision(app);
  app.add_option("--cache", flags.cache, "directory for the tokenised text; none: that of the user")->type_name("DIR");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const ProductPrecisionScope scope(precision.value());
  return evaluate_model(flags, common);
}

}  // namespace sequent
