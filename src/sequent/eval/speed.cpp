#include "sequent/eval/speed.h"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/function_ref.h"
#include "sequent/base/random.h"
#include "sequent/base/stopwatch.h"
#include "sequent/infer/session.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/tensor/memory.h"
#include "sequent/train/optimizer.h"

namespace sequent {
namespace {

double seconds_of(FunctionRef<void()> run) {
  const Stopwatch watch;
  run();
  return watch.seconds();
}

Timing time_runs(const SpeedOptions& options, FunctionRef<void()> run) {
  for (std::int64_t i = 0; i < options.warm_up; ++i) run();
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < options.runs; ++i) seconds.push_back(seconds_of(run));
  return timing_of(std::move(seconds));
}

void check_sizes(const SpeedOptions& options, std::int64_t batch, std::int64_t length) {
  check(options.runs > 0, "speed: runs must be positive, got {}", options.runs);
  check(options.warm_up >= 0, "speed: warm_up must be 0 or more, got {}", options.warm_up);
  check(batch > 0, "speed: batch must be positive, got {}", batch);
  check(length > 0, "speed: length must be positive, got {}", length);
}

std::vector<std::int32_t> random_ids(const LanguageModel& model, std::int64_t count, const char* stream) {
  const Random random(0, Random::stream_of(stream));
  const auto vocabulary = static_cast<std::uint64_t>(model.config().vocabulary);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(random.below(i, vocabulary));
  return ids;
}

}  // namespace

Timing timing_of(std::vector<double> seconds) {
  check(!seconds.empty(), "speed: there must be at least one time");
  std::sort(seconds.begin(), seconds.end());
  const std::size_t middle = seconds.size() / 2;
  const double median = seconds.size() % 2 == 1 ? seconds[middle] : 0.5 * (seconds[middle - 1] + seconds[middle]);
  return {median, seconds.front(), seconds.back()};
}

Speed training_speed(LanguageModel& model, std::int64_t batch, std::int64_t length, const SpeedOptions& options) {
  check_sizes(options, batch, length);
  const std::vector<std::int32_t> inputs = random_ids(model, batch * length, "inputs");
  const std::vector<std::int32_t> targets = random_ids(model, batch * length, "targets");
  const Segments segments = Segments::uniform(batch, length);
  model.parameters().flatten();
  AdamW optimizer(model.parameters(), {});
  memory::reset_peak();
  const Timing time = time_runs(options, [&] {
    model.parameters().clear_gradients();
    Tape tape;
    tape.backward(projected_cross_entropy(model.hidden(inputs, segments), model.projection(), targets).loss);
    optimizer.step(1e-4f);
  });
  return {time, batch * length, memory::peak_bytes()};
}

Speed forward_speed(const LanguageModel& model, std::int64_t batch, std::int64_t length, const SpeedOptions& options) {
  check_sizes(options, batch, length);
  const std::vector<std::int32_t> inputs = random_ids(model, batch * length, "inputs");
  const Segments segments = Segments::uniform(batch, length);
  const Tape::Pause pause;
  memory::reset_peak();
  const Timing time = time_runs(options, [&] { model.logits(model.hidden(inputs, segments)); });
  return {time, batch * length, memory::peak_bytes()};
}

DecodeSpeed decode_speed(const LanguageModel& model, std::int64_t context, std::int64_t tokens,
                         const SpeedOptions& options) {
  check_sizes(options, 1, context);
  check(tokens > 0, "speed: tokens must be positive, got {}", tokens);
  // Not timed: the first token after a prefill may find its cache full and move it.
  constexpr std::int64_t kUntimed = 2;
  const std::vector<std::int32_t> prompt = random_ids(model, context, "inputs");
  const std::vector<std::int32_t> following = random_ids(model, kUntimed + tokens, "targets");
  const std::int64_t weights = 4 * model.parameters().count();
  const std::int64_t live_before = memory::live_bytes();
  memory::reset_peak();
  DecodeSpeed result;
  std::vector<double> prefills;
  std::vector<double> single_tokens;
  const Stopwatch watch;
  for (std::int64_t run = -options.warm_up; run < options.runs; ++run) {
    Session session(model);
    const double prefill = seconds_of([&] { session.feed(prompt); });
    result.state_bytes = session.state().bytes();
    std::vector<double> times;
    for (const std::int32_t id : following) times.push_back(seconds_of([&] { session.feed(id); }));
    const bool out_of_time = watch.seconds() >= options.seconds;
    if (run >= 0 || (out_of_time && prefills.empty())) {
      prefills.push_back(prefill);
      single_tokens.insert(single_tokens.end(), times.begin() + kUntimed, times.end());
    }
    if (out_of_time) break;
  }
  result.prefill.time = timing_of(std::move(prefills));
  result.prefill.tokens = context;
  result.token = timing_of(std::move(single_tokens));
  result.peak_bytes = memory::peak_bytes() - live_before + weights;
  result.prefill.peak_bytes = result.peak_bytes;
  return result;
}

nlohmann::json to_json(const DecodeSpeed& speed) {
  return {{"context", speed.prefill.tokens},
          {"prefill_tokens_per_second", speed.prefill.tokens_per_second()},
          {"prefill_median_ms", 1e3 * speed.prefill.time.median},
          {"decode_ms_per_token", 1e3 * speed.token.median},
          {"median_ms", 1e3 * speed.token.median},
          {"min_ms", 1e3 * speed.token.minimum},
          {"max_ms", 1e3 * speed.token.maximum},
          {"state_bytes", speed.state_bytes},
          {"peak_bytes", speed.peak_bytes}};
}

std::int64_t peak_resident_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace sequent
