#include "sequent/eval/self_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "sequent/autograd/tape.h"
#include "sequent/base/random.h"
#include "sequent/ops/linear.h"
#include "sequent/ops/selective_scan.h"

namespace sequent {
namespace {

Tensor random_tensor(const Shape& shape, std::string_view name) {
  const Random random(1, Random::stream_of(name));
  const Tensor tensor = Tensor::empty(shape);
  float* values = tensor.mutable_floats();
  for (std::int64_t i = 0; i < tensor.elements(); ++i) values[i] = random.normal(static_cast<std::uint64_t>(i));
  return tensor;
}

// NaN counts as infinitely wrong.
double relative_error(const Tensor& actual, const std::vector<double>& expected) {
  double error = 0;
  double scale = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(static_cast<double>(actual.floats()[i]) - expected[i]);
    error = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(error, difference);
    scale = std::max(scale, std::abs(expected[i]));
  }
  return error / scale;
}

SelfCheck matrix_product_check() {
  // No size is a multiple of a vector, so that the ends of rows are exercised too.
  constexpr std::int64_t kRows = 37;
  constexpr std::int64_t kInner = 129;
  constexpr std::int64_t kColumns = 65;
  const Tensor x = random_tensor({kRows, kInner}, "x");
  const Tensor weight = random_tensor({kColumns, kInner}, "weight");
  std::vector<double> expected;
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t column = 0; column < kColumns; ++column) {
      double sum = 0;
      for (std::int64_t i = 0; i < kInner; ++i) {
        sum += static_cast<double>(x.floats()[row * kInner + i]) * weight.floats()[column * kInner + i];
      }
      expected.push_back(sum);
    }
  }
  return {"matrix product", relative_error(linear(x, weight).value(), expected), 1e-5};
}

SelfCheck selective_scan_check() {
  constexpr std::int64_t kTokens = 70;
  constexpr std::int64_t kChannels = 67;
  constexpr std::int64_t kStates = 16;
  const SelectiveScanInputs inputs = {.x = random_tensor({kTokens, kChannels}, "x"),
                                      .delta = random_tensor({kTokens, kChannels}, "delta"),
                                      .delta_bias = random_tensor({kChannels}, "delta_bias"),
                                      .a_log = random_tensor({kChannels, kStates}, "a_log"),
                                      .b = random_tensor({kTokens, kStates}, "b"),
                                      .c = random_tensor({kTokens, kStates}, "c"),
                                      .d = random_tensor({kChannels}, "d"),
                                      .gate = {},
                                      .state = {}};
  const auto at = [](const Var& var, std::int64_t i) { return static_cast<double>(var.value().floats()[i]); };
  std::vector<double> expected(kTokens * kChannels);
  for (std::int64_t e = 0; e < kChannels; ++e) {
    std::vector<double> state(kStates);
    for (std::int64_t t = 0; t < kTokens; ++t) {
      const double x = at(inputs.x, t * kChannels + e);
      const double delta = std::log1p(std::exp(at(inputs.delta, t * kChannels + e) + at(inputs.delta_bias, e)));
      double y = at(inputs.d, e) * x;
      for (std::int64_t s = 0; s < kStates; ++s) {
        double& h = state[static_cast<std::size_t>(s)];
        h = std::exp(-delta * std::exp(at(inputs.a_log, e * kStates + s))) * h +
            delta * at(inputs.b, t * kStates + s) * x;
        y += at(inputs.c, t * kStates + s) * h;
      }
      expected[static_cast<std::size_t>(t * kChannels + e)] = y;
    }
  }
  const SelectiveScanResult result = selective_scan(inputs, Segments::single(kTokens));
  return {"selective scan", relative_error(result.y.value(), expected), 1e-5};
}

}  // namespace

std::vector<SelfCheck> self_checks() {
  const Tape::Pause pause;
  return {matrix_product_check(), selective_scan_check()};
}

}  // namespace sequent
