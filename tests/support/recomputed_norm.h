// A norm whose result a linear layer asks for again instead of keeping it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/ops/linear.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent::test {

/// With and without the recipe of norm(x), x of 8 columns: the same gradient, and less memory by its result.
inline void expect_result_computed_again(const std::function<Var(const Var& x)>& norm) {
  const Tensor dy = to_tensor(random_values(50 * 3, "dy"), {50, 3});
  std::vector<double> gradients[2];
  std::int64_t kept[2];
  for (const bool again : {false, true}) {
    const Var x = Var::parameter(to_tensor(random_values(50 * 8, "x"), {50, 8}));
    const Var projection = Var::parameter(to_tensor(random_values(24, "projection"), {3, 8}));
    const std::int64_t before = memory::live_bytes();
    Tape tape;
    Var y;
    {
      const Var normal = norm(x);
      if (!again) normal.set_recipe(nullptr);
      y = linear(normal, projection, {});
    }
    kept[again] = memory::live_bytes() - before;
    tape.backward(y, dy);
    gradients[again] = to_doubles(projection.gradient());
  }
  EXPECT_EQ(gradients[1], gradients[0]);
  EXPECT_EQ(kept[0] - kept[1], 50 * 8 * 4);
}

}  // namespace sequent::test
