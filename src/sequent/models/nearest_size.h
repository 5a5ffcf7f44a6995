// A new model near a number of parameters.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/models/dimensions.h"

namespace sequent {

/// preset(dimensions), at the width at which count_parameters(config) is nearest to the number asked for; where a width
/// or no number is given, at that width or the preset's own.
template <class Preset, class Count>
auto config_of_nearest_size(const Dimensions& dimensions, Preset&& preset, Count&& count_parameters) {
  check(dimensions.vocabulary > 0, "model: vocabulary must be positive, got {}", dimensions.vocabulary);
  if (dimensions.parameters == 0 || dimensions.width > 0) return preset(dimensions);
  // Widths in growing steps until the count is passed; the nearer of the last two is taken.
  Dimensions candidate = dimensions;
  const std::int64_t step = dimensions.heads > 0 ? 2 * dimensions.heads : 8;
  decltype(preset(dimensions)) best;
  double best_error = 0;
  for (candidate.width = step;; candidate.width += step) {
    auto config = preset(candidate);
    const std::int64_t count = count_parameters(config);
    const double error = std::abs(std::log(static_cast<double>(count) / static_cast<double>(dimensions.parameters)));
    if (best.width == 0 || error < best_error) {
      best = std::move(config);
      best_error = error;
    }
    if (count > dimensions.parameters) return best;
  }
}

}  // namespace sequent
