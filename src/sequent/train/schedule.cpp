#include "sequent/train/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "sequent/base/error.h"

namespace sequent {
namespace {

double constant(double, double) {
  return 1;
}
double linear(double progress, double) {
  return 1 - progress;
}
double cosine(double progress, double) {
  return 0.5 * (1 + std::cos(std::numbers::pi * progress));
}
double warmup_stable_decay(double progress, double decay_share) {
  const double stable = 1 - decay_share;
  return progress <= stable ? 1 : 1 - std::sqrt((progress - stable) / decay_share);
}

constexpr std::array<ScheduleKind, 4> kKinds = {{
    {"constant", "stays at the peak", constant},
    {"linear", "falls in a straight line to the minimum", linear},
    {"cosine", "falls along half a cosine wave to the minimum", cosine},
    {"wsd", "stays at the peak, then falls to the minimum in the last part of the run", warmup_stable_decay},
}};

const ScheduleKind* kind_named(std::string_view name) {
  std::string names;
  for (const ScheduleKind& kind : kKinds) {
    if (kind.name == name) return &kind;
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  fail("schedule: must be one of {}, got \"{}\"", names, name);
}

}  // namespace

std::span<const ScheduleKind> schedule_kinds() {
  return kKinds;
}

Schedule::Schedule(const ScheduleOptions& options) : options_(options), kind_(kind_named(options.name)) {
  check(std::isfinite(options.peak) && options.peak > 0, "schedule: the peak learning rate must be positive, got {}",
        options.peak);
  check(options.steps >= 1, "schedule: steps must be at least 1, got {}", options.steps);
  check(options.warmup_steps >= 0 && options.warmup_steps <= options.steps,
        "schedule: warm-up steps must be 0 to {} (all steps), got {}", options.steps, options.warmup_steps);
  check(options.minimum_fraction >= 0 && options.minimum_fraction <= 1,
        "schedule: the minimum fraction must be 0 to 1, got {}", options.minimum_fraction);
  check(options.decay_share > 0 && options.decay_share <= 1,
        "schedule: the decay share must be above 0 and at most 1, got {}", options.decay_share);
}

double Schedule::learning_rate(std::int64_t step) const {
  const auto span = static_cast<double>(std::max<std::int64_t>(options_.steps - options_.warmup_steps, 1));
  return learning_rate(step, static_cast<double>(step - options_.warmup_steps) / span);
}

double Schedule::learning_rate(std::int64_t step, double progress) const {
  check(step >= 0, "schedule: step must not be negative, got {}", step);
  if (step < options_.warmup_steps) {
    return options_.peak * static_cast<double>(step + 1) / static_cast<double>(options_.warmup_steps + 1);
  }
  const double shape = kind_->shape(std::clamp(progress, 0.0, 1.0), options_.decay_share);
  return options_.peak * (options_.minimum_fraction + (1 - options_.minimum_fraction) * shape);
}

}  // namespace sequent
