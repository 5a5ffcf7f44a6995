#include "sequent/nn/grid_positions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/ops/pair_rotation.h"

namespace sequent {
namespace {

constexpr double kBase = 10000.0;

double frequency(std::int64_t k, std::int64_t half) {
  return std::pow(kBase, -static_cast<double>(k) / static_cast<double>(half));
}

// Depth, row and column of a token.
std::array<std::int64_t, 3> place_of(std::int64_t id, const TokenGrid& grid) {
  return {id / (grid.height * grid.width), id / grid.width % grid.height, id % grid.width};
}

// The two cells between which a cell of the new axis lies, and how far it is towards the second.
struct Between {
  std::int64_t first;
  std::int64_t second;
  float weight;
};

std::vector<Between> cells_between(std::int64_t from, std::int64_t to) {
  std::vector<Between> cells;
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const double at = std::max(0.0, (static_cast<double>(i) + 0.5) * step - 0.5);
    const std::int64_t first = std::min(static_cast<std::int64_t>(at), from - 1);
    cells.push_back({first, std::min(first + 1, from - 1), static_cast<float>(at - static_cast<double>(first))});
  }
  return cells;
}

}  // namespace

Tensor sine_cosine_positions(const TokenGrid& grid, std::int64_t width, bool uniform) {
  check(width >= 2 && (uniform || width % 8 == 0), "positions: the width must be {}, got {}",
        uniform ? "at least 2" : "a multiple of 8", width);
  const std::int64_t each = (width + 5) / 6 * 2;
  const std::array<std::int64_t, 3> channels =
      uniform ? std::array{each, each, each} : std::array{width / 2, width / 4, width / 4};
  std::array<std::vector<double>, 3> frequencies;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::int64_t k = 0; k < channels[axis] / 2; ++k) {
      frequencies[axis].push_back(frequency(k, channels[axis] / 2));
    }
  }
  const Tensor positions = Tensor::empty({grid.tokens(), width});
  for (std::int64_t token = 0; token < grid.tokens(); ++token) {
    const std::array<std::int64_t, 3> place = place_of(token, grid);
    float* row = positions.mutable_floats() + token * width;
    std::int64_t at = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t half = channels[axis] / 2;
      for (std::int64_t c = 0; c < channels[axis] && at < width; ++c, ++at) {
        const double angle = static_cast<double>(place[axis]) * frequencies[axis][static_cast<std::size_t>(c % half)];
        row[at] = static_cast<float>(c < half ? std::sin(angle) : std::cos(angle));
      }
    }
  }
  return positions;
}

Tensor resampled_positions(const Tensor& positions, const TokenGrid& from, const TokenGrid& to) {
  const std::int64_t width = positions.columns();
  expect_shape("positions", "the table", positions, {from.tokens(), width});
  if (from == to) return positions;
  const auto depths = cells_between(from.depth, to.depth), rows = cells_between(from.height, to.height);
  const auto columns = cells_between(from.width, to.width);
  const Tensor result = Tensor::zeros({to.tokens(), width});
  const auto add = [&](std::int64_t cell, float weight, float* row) {
    const float* source = positions.floats() + cell * width;
    for (std::int64_t c = 0; weight != 0 && c < width; ++c) row[c] += weight * source[c];
  };
  float* row = result.mutable_floats();
  for (const Between& d : depths) {
    for (const Between& h : rows) {
      for (const Between& w : columns) {
        for (int corner = 0; corner < 8; ++corner) {
          const auto choose = [&](const Between& cells, int bit) {
            return corner & bit ? std::pair(cells.second, cells.weight) : std::pair(cells.first, 1 - cells.weight);
          };
          const auto [z, z_weight] = choose(d, 4);
          const auto [y, y_weight] = choose(h, 2);
          const auto [x, x_weight] = choose(w, 1);
          add((z * from.height + y) * from.width + x, z_weight * y_weight * x_weight, row);
        }
        row += width;
      }
    }
  }
  return result;
}

GridRotation::GridRotation(std::span<const std::int32_t> ids, const TokenGrid& grid, std::int64_t head_width)
    : cosines_(Tensor::full({static_cast<std::int64_t>(ids.size()), head_width}, 1.0f)),
      sines_(Tensor::zeros({static_cast<std::int64_t>(ids.size()), head_width})) {
  const std::int64_t half = head_width / 3 / 2, channels = 2 * half;
  std::vector<double> frequencies;
  for (std::int64_t k = 0; k < half; ++k) frequencies.push_back(frequency(k, half));
  parallel_for(0, cosines_.rows(), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t token = begin; token < end; ++token) {
      const std::array<std::int64_t, 3> place = place_of(ids[static_cast<std::size_t>(token)], grid);
      float* cosines = cosines_.mutable_floats() + token * head_width;
      float* sines = sines_.mutable_floats() + token * head_width;
      for (std::int64_t c = 0; c < 3 * channels; ++c) {
        const double angle = static_cast<double>(place[static_cast<std::size_t>(c / channels)]) *
                             frequencies[static_cast<std::size_t>(c % half)];
        cosines[c] = static_cast<float>(std::cos(angle));
        sines[c] = static_cast<float>(std::sin(angle));
      }
    }
  });
}

Var GridRotation::operator()(const Var& x, std::int64_t heads) const {
  return pair_rotation(x, cosines_, sines_, heads);
}

}  // namespace sequent
