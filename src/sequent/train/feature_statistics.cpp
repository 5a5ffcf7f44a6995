#include "sequent/train/feature_statistics.h"

#include <cmath>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/kernels/matrix_product.h"
#include "sequent/kernels/norm.h"

namespace sequent {

FeatureStatistics feature_statistics(const Tensor& features) {
  const std::int64_t tokens = features.rows();
  const std::int64_t width = features.columns();
  check(tokens >= 2, "feature statistics: there must be at least 2 tokens, got {}", tokens);
  const float* x = features.floats();
  std::vector<double> mean(static_cast<std::size_t>(width)), direction(mean.size());
  FeatureStatistics result;
  const auto count = static_cast<double>(tokens);
  for (std::int64_t t = 0; t < tokens; ++t) {
    double squares = 0;
    for (std::int64_t c = 0; c < width; ++c) squares += static_cast<double>(x[t * width + c]) * x[t * width + c];
    const double norm = std::sqrt(squares);
    result.norm += norm / count;
    for (std::int64_t c = 0; c < width; ++c) {
      const double value = x[t * width + c];
      mean[static_cast<std::size_t>(c)] += value;
      direction[static_cast<std::size_t>(c)] += value / std::max(norm, 1e-30);
    }
  }
  for (double& value : mean) value /= count;
  // |sum of unit vectors|^2 has every token with itself, which gives 1, and every pair twice.
  double together = 0;
  for (const double value : direction) together += value * value;
  result.cosine = (together - count) / (count * (count - 1));

  const Tensor centred = Tensor::empty({tokens, width});
  for (std::int64_t i = 0; i < tokens * width; ++i) {
    centred.mutable_floats()[i] = static_cast<float>(x[i] - mean[static_cast<std::size_t>(i % width)]);
  }
  const Tensor covariance = Tensor::empty({width, width});
  kernels::matrix_product(kernels::Cpu{}, kernels::MatrixProduct<float>{.a = centred.floats(),
                                                                        .b = centred.floats(),
                                                                        .c = covariance.mutable_floats(),
                                                                        .rows = width,
                                                                        .columns = width,
                                                                        .inner = tokens,
                                                                        .transpose_a = true,
                                                                        .alpha = 1.0f / static_cast<float>(tokens)});
  double trace = 0;
  for (std::int64_t c = 0; c < width; ++c) {
    const auto variance = static_cast<double>(covariance.floats()[c * width + c]);
    trace += variance;
    result.deviation += std::sqrt(variance) / static_cast<double>(width);
  }
  const double squares = kernels::sum_of_squares(kernels::Cpu{}, covariance.floats(), covariance.elements());
  result.effective_rank = squares > 0 ? trace * trace / squares : 0;
  return result;
}

}  // namespace sequent
