#include "sequent/ops/rotary.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/rotary.h"

namespace sequent {
namespace {

// What a convention fixes, for one width and base.
struct Turns {
  std::vector<double> frequencies;
  kernels::RotaryPairs pairs;
};

Turns turns_of(const RotaryOptions& options, std::int64_t width) {
  if (options.convention == RotaryConvention::half_split) {
    return {rotary_frequencies(options.base, width, options.scaling), kernels::RotaryPairs::half_split};
  }
  // A single pair has frequency 1.
  const double steps = std::max<double>(1.0, static_cast<double>(width / 2 - 1));
  std::vector<double> frequencies(static_cast<std::size_t>(width / 2));
  for (std::size_t j = 0; j < frequencies.size(); ++j) {
    frequencies[j] = std::pow(static_cast<double>(options.base), -static_cast<double>(j) / steps);
  }
  return {std::move(frequencies), kernels::RotaryPairs::interleaved};
}

Tensor turn(const Tensor& x, std::span<const std::int64_t> positions, const Turns& turns, std::int64_t heads,
            int direction) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::rotary(kernels::Cpu{}, kernels::Rotary<float>{.x = x.floats(),
                                                         .y = y.mutable_floats(),
                                                         .positions = positions.data(),
                                                         .frequencies = turns.frequencies.data(),
                                                         .tokens = x.rows(),
                                                         .heads = heads,
                                                         .width = x.columns() / heads,
                                                         .direction = direction,
                                                         .pairs = turns.pairs});
  return y;
}

}  // namespace

Var rotary(const Var& x, std::span<const std::int64_t> positions, const RotaryOptions& options) {
  check(options.heads >= 1 && x.shape().rank() == 2 && x.columns() > 0 && x.columns() % (2 * options.heads) == 0,
        "rotary: x must be [tokens, {} heads * an even width], got {}", options.heads, to_string(x.shape()));
  check(static_cast<std::int64_t>(positions.size()) == x.rows(),
        "rotary: positions must be one per token, got {} for {} tokens", positions.size(), x.rows());
  check(options.base > 0.0f, "rotary: base must be positive, got {}", options.base);
  const Turns turns = turns_of(options, x.columns() / options.heads);
  Tensor y = turn(x.value(), positions, turns, options.heads, 1);
  if (!recording({x})) return y;
  return record(std::move(y), {x},
                [x, turns, heads = options.heads, at = std::vector<std::int64_t>(positions.begin(), positions.end())](
                    const Tensor& dy) { x.accumulate(turn(dy, at, turns, heads, -1)); });
}

}  // namespace sequent
