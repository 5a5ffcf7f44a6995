#include "sequent/ops/pair_rotation.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/pair_rotation.h"

namespace sequent {
namespace {

Tensor turn(const Tensor& x, const Tensor& cosines, const Tensor& sines, bool transpose) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::pair_rotation(kernels::Cpu{}, {.x = x.floats(),
                                          .y = y.mutable_floats(),
                                          .cosines = cosines.floats(),
                                          .sines = sines.floats(),
                                          .tokens = x.rows(),
                                          .heads = x.columns() / cosines.columns(),
                                          .width = cosines.columns(),
                                          .transpose = transpose});
  return y;
}

}  // namespace

Var pair_rotation(const Var& x, const Tensor& cosines, const Tensor& sines, std::int64_t heads) {
  check(heads >= 1 && x.shape().rank() == 2 && x.columns() > 0 && x.columns() % (2 * heads) == 0,
        "pair_rotation: x must be [tokens, {} heads * an even width], got {}", heads, to_string(x.shape()));
  const Shape expected = {x.rows(), x.columns() / heads};
  expect_shape("pair_rotation", "cosines", cosines, expected);
  expect_shape("pair_rotation", "sines", sines, expected);
  return record(turn(x.value(), cosines, sines, false), {x}, [x = x.gradient_only(), cosines, sines](const Tensor& dy) {
    x.accumulate(turn(dy, cosines, sines, true));
  });
}

}  // namespace sequent
