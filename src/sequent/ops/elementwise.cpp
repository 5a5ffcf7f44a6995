#include "sequent/ops/elementwise.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/dropout.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/jitter.h"

namespace sequent {
namespace {

Tensor scaled(const Tensor& x, float factor) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::scale(kernels::Cpu{}, {.x = x.floats(), .y = y.mutable_floats(), .factor = factor, .count = x.elements()});
  return y;
}

Tensor dropped(const Tensor& x, float rate, std::uint64_t seed, std::uint64_t stream) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::dropout(
      kernels::Cpu{},
      {.x = x.floats(), .y = y.mutable_floats(), .count = x.elements(), .rate = rate, .seed = seed, .stream = stream});
  return y;
}

Tensor jittered(const Tensor& x, float size, std::uint64_t seed, std::uint64_t stream) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::jitter(
      kernels::Cpu{},
      {.x = x.floats(), .y = y.mutable_floats(), .count = x.elements(), .size = size, .seed = seed, .stream = stream});
  return y;
}

}  // namespace

Var add(const Var& a, const Var& b) {
  expect_shape("add", "b", b.value(), a.shape());
  const Tensor y = Tensor::empty(a.shape());
  kernels::add(kernels::Cpu{},
               {.a = a.value().floats(), .b = b.value().floats(), .y = y.mutable_floats(), .count = y.elements()});
  return record(y, {a, b}, [a = a.gradient_only(), b = b.gradient_only()](const Tensor& dy) {
    a.accumulate(dy);
    b.accumulate(dy);
  });
}

Var scale(const Var& x, float factor) {
  return record(scaled(x.value(), factor), {x},
                [x = x.gradient_only(), factor](const Tensor& dy) { x.accumulate(scaled(dy, factor)); });
}

Var dropout(const Var& x, float rate, std::uint64_t seed, std::uint64_t stream) {
  check(0.0f <= rate && rate < 1.0f, "dropout: the rate must be at least 0 and below 1, got {}", rate);
  if (rate == 0.0f) return x;
  // Dropout is linear in x: the gradient goes through the same mask, drawn again.
  return record(
      dropped(x.value(), rate, seed, stream), {x},
      [x = x.gradient_only(), rate, seed, stream](const Tensor& dy) { x.accumulate(dropped(dy, rate, seed, stream)); });
}

Var jitter(const Var& x, float size, std::uint64_t seed, std::uint64_t stream) {
  check(0.0f <= size && size <= 1.0f, "jitter: the size must be from 0 to 1, got {}", size);
  if (size == 0.0f) return x;
  // As for dropout.
  return record(jittered(x.value(), size, seed, stream), {x},
                [x = x.gradient_only(), size, seed, stream](const Tensor& dy) {
                  x.accumulate(jittered(dy, size, seed, stream));
                });
}

}  // namespace sequent
