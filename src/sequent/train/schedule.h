// Learning-rate schedules: a linear warm-up, then a shape that falls from the peak to a minimum.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sequent {

struct ScheduleOptions {
  /// One of schedule_kinds(): constant, linear, cosine, wsd.
  std::string name = "cosine";
  double peak = 1e-3;
  std::int64_t steps = 1;
  std::int64_t warmup_steps = 0;
  /// The rate at the end, as a share of the peak (not for constant).
  double minimum_fraction = 0.1;
  /// wsd only: the share of the steps after warm-up, at their end, in which the rate falls.
  double decay_share = 0.2;
};

struct ScheduleKind {
  std::string_view name;
  std::string_view help;
  /// 1 at progress 0 (the end of warm-up); progress lies in [0, 1], the end of the run.
  double (*shape)(double progress, double decay_share);
};

/// Every schedule there is.
std::span<const ScheduleKind> schedule_kinds();

/// With p = (step - warmup) / (steps - warmup):
///   step < warmup:  rate = peak * (step + 1) / (warmup + 1)
///   otherwise:      rate = peak * (minimum_fraction + (1 - minimum_fraction) * shape(p))
/// constant: shape = 1; linear: 1 - p; cosine: (1 + cos(pi p)) / 2 (Loshchilov and Hutter, "SGDR", 2017);
/// wsd: 1, and 1 - sqrt(q) in the last decay_share of the way, q its progress (Hägele et al., "Scaling laws and
/// compute-optimal training beyond fixed training durations", 2024).
class Schedule {
 public:
  /// Errors: an unknown name, a peak that is not positive, counts or shares out of range.
  explicit Schedule(const ScheduleOptions& options);

  /// The rate of the update number `step`, counted from 0; from `steps` on it stays at the minimum.
  double learning_rate(std::int64_t step) const;
  /// For a run bounded by time: warm-up by steps as above, then the shape at `progress` in [0, 1] of the run.
  double learning_rate(std::int64_t step, double progress) const;

 private:
  ScheduleOptions options_;
  const ScheduleKind* kind_;
};

}  // namespace sequent
