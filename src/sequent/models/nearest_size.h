// A new model near a number of parameters.
#pragma once

#include <cmath>
#include <cstdint>

#include "sequent/base/error.h"
#include "sequent/models/dimensions.h"

namespace sequent {

/// The width at which size_of(width), which grows with it, comes nearest to `target`, by ratio. Widths go in steps that
/// `heads` (0: not asked for) divide into even parts.
template <class SizeOf>
std::int64_t width_of_nearest_size(std::int64_t heads, double target, SizeOf&& size_of) {
  // In growing steps until the target is passed; the nearer of the last two is taken.
  const std::int64_t step = heads > 0 ? 2 * heads : 8;
  double error_before = 0;
  for (std::int64_t width = step;; width += step) {
    const auto size = static_cast<double>(size_of(width));
    const double error = std::abs(std::log(size / target));
    if (size > target) return width == step || error < error_before ? width : width - step;
    error_before = error;
  }
}

/// preset(dimensions), at the width at which count_parameters(config) is nearest to the number asked for; where a width
/// or no number is given, at that width or the preset's own.
template <class Preset, class Count>
auto config_of_nearest_size(const Dimensions& dimensions, Preset&& preset, Count&& count_parameters) {
  check(dimensions.vocabulary > 0, "model: vocabulary must be positive, got {}", dimensions.vocabulary);
  Dimensions chosen = dimensions;
  if (dimensions.parameters > 0 && dimensions.width == 0) {
    const auto size_of = [&](std::int64_t width) {
      chosen.width = width;
      return count_parameters(preset(chosen));
    };
    chosen.width = width_of_nearest_size(dimensions.heads, static_cast<double>(dimensions.parameters), size_of);
  }
  return preset(chosen);
}

}  // namespace sequent
