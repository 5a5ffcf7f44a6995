#include "sequent/eval/principal_components.h"

#include <cmath>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/random.h"

namespace sequent {
namespace {

using Matrix = std::vector<std::vector<double>>;  // rows

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Matrix centred(const Tensor& x) {
  const auto rows = static_cast<std::size_t>(x.rows()), width = static_cast<std::size_t>(x.columns());
  Matrix values(rows, std::vector<double>(width));
  std::vector<double> mean(width);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < width; ++c) {
      values[r][c] = static_cast<double>(x.floats()[r * width + c]);
      mean[c] += values[r][c] / static_cast<double>(rows);
    }
  }
  for (std::vector<double>& row : values) {
    for (std::size_t c = 0; c < width; ++c) row[c] -= mean[c];
  }
  return values;
}

// Makes the directions orthonormal, one after the other; one that is nothing but the others becomes zero.
void orthonormalise(Matrix& directions) {
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const double before = std::sqrt(dot(directions[i], directions[i]));
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double shared = dot(directions[i], directions[j]);
        for (std::size_t c = 0; c < directions[i].size(); ++c) directions[i][c] -= shared * directions[j][c];
      }
    }
    const double norm = std::sqrt(dot(directions[i], directions[i]));
    const double factor = norm > 1e-12 * before && norm > 0 ? 1 / norm : 0;
    for (double& value : directions[i]) value *= factor;
  }
}

}  // namespace

Tensor principal_components(const Tensor& x, std::int64_t count) {
  check(x.shape().rank() == 2 && x.rows() > 0 && x.columns() >= count && count > 0,
        "principal components: x must be [rows, at least {}], got {}", count, to_string(x.shape()));
  // Many more steps than a clear gap between variances needs; without one any of the directions will do.
  constexpr int kSteps = 60;
  const Matrix values = centred(x);
  Matrix directions(static_cast<std::size_t>(count), std::vector<double>(values[0].size()));
  const Random random(1, Random::stream_of("principal components"));
  std::uint64_t counter = 0;
  for (std::vector<double>& direction : directions) {
    for (double& value : direction) value = static_cast<double>(random.normal(counter++));
  }
  orthonormalise(directions);
  for (int step = 0; step < kSteps; ++step) {
    Matrix next(directions.size(), std::vector<double>(values[0].size()));
    for (const std::vector<double>& row : values) {
      for (std::size_t i = 0; i < directions.size(); ++i) {
        const double along = dot(row, directions[i]);
        for (std::size_t c = 0; c < row.size(); ++c) next[i][c] += along * row[c];
      }
    }
    directions = std::move(next);
    orthonormalise(directions);
  }
  const Tensor result = Tensor::empty({x.rows(), count});
  for (std::size_t i = 0; i < directions.size(); ++i) {
    double largest = 0;
    for (const std::vector<double>& row : values) {
      const double along = dot(row, directions[i]);
      if (std::abs(along) > std::abs(largest)) largest = along;
    }
    for (std::size_t r = 0; r < values.size(); ++r) {
      const double along = dot(values[r], directions[i]) * (largest < 0 ? -1 : 1);
      result.mutable_floats()[r * directions.size() + i] = static_cast<float>(along);
    }
  }
  return result;
}

}  // namespace sequent
