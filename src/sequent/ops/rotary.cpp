#include "sequent/ops/rotary.h"

#include <cmath>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/rotary.h"

namespace sequent {
namespace {

Tensor turn(const Tensor& x, std::span<const std::int64_t> positions, std::span<const double> frequencies,
            std::int64_t heads, int direction) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::rotary(kernels::Cpu{}, kernels::Rotary<float>{.x = x.floats(),
                                                         .y = y.mutable_floats(),
                                                         .positions = positions.data(),
                                                         .frequencies = frequencies.data(),
                                                         .tokens = x.rows(),
                                                         .heads = heads,
                                                         .width = x.columns() / heads,
                                                         .direction = direction});
  return y;
}

}  // namespace

Var rotary(const Var& x, std::span<const std::int64_t> positions, const RotaryOptions& options) {
  check(options.heads >= 1 && x.shape().rank() == 2 && x.columns() > 0 && x.columns() % (2 * options.heads) == 0,
        "rotary: x must be [tokens, {} heads * an even width], got {}", options.heads, to_string(x.shape()));
  check(static_cast<std::int64_t>(positions.size()) == x.rows(),
        "rotary: positions must be one per token, got {} for {} tokens", positions.size(), x.rows());
  check(options.base > 0.0f, "rotary: base must be positive, got {}", options.base);
  const std::int64_t width = x.columns() / options.heads;
  std::vector<double> frequencies(static_cast<std::size_t>(width / 2));
  for (std::size_t j = 0; j < frequencies.size(); ++j) {
    frequencies[j] =
        std::pow(static_cast<double>(options.base), -2.0 * static_cast<double>(j) / static_cast<double>(width));
  }
  Tensor y = turn(x.value(), positions, frequencies, options.heads, 1);
  if (!recording({x})) return y;
  return record(
      std::move(y), {x},
      [x, frequencies, heads = options.heads, at = std::vector<std::int64_t>(positions.begin(), positions.end())](
          const Tensor& dy) { x.accumulate(turn(dy, at, frequencies, heads, -1)); });
}

}  // namespace sequent
