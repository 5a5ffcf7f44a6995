#include "sequent/ops/gated_rms_norm.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/gated_rms_norm.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(GatedRmsNormOp, GivesTheReferenceGradients) {
  const std::int64_t rows = 3, columns = 8, group = 4;
  const auto x_values = test::random_values(24, "x"), gate_values = test::random_values(24, "gate");
  const auto dy_values = test::random_values(24, "dy");
  for (const std::int64_t weights : {std::int64_t{0}, group, columns}) {
    for (const bool norm_before_gate : {false, true}) {
      SCOPED_TRACE(weights);
      const auto weight_values = test::random_values(weights, "weight");
      const Var x = Var::parameter(test::to_tensor(x_values, {rows, columns}));
      const Var gate = Var::parameter(test::to_tensor(gate_values, {rows, columns}));
      const Var weight = weights > 0 ? Var::parameter(test::to_tensor(weight_values, {weights})) : Var();
      Tape tape;
      const Var y =
          gated_rms_norm(x, gate, weight, {.group = group, .epsilon = 1e-5f, .norm_before_gate = norm_before_gate});
      tape.backward(y, test::to_tensor(dy_values, {rows, columns}));

      const kernels::GatedRmsNormArguments<double> inputs{.x = x_values.data(),
                                                          .gate = gate_values.data(),
                                                          .weight = weights > 0 ? weight_values.data() : nullptr,
                                                          .epsilon_scale = nullptr,
                                                          .rows = rows,
                                                          .columns = columns,
                                                          .group = group,
                                                          .weight_shared = weights == group,
                                                          .norm_before_gate = norm_before_gate,
                                                          .epsilon = 1e-5};
      std::vector<double> expected(24), inverse_rms(6), dx(24), dgate(24), dweight(weight_values.size());
      kernels::reference::gated_rms_norm<double>(kernels::GatedRmsNormForward<double>{
          .inputs = inputs, .y = expected.data(), .inverse_rms = inverse_rms.data()});
      kernels::reference::gated_rms_norm<double>(
          kernels::GatedRmsNormBackward<double>{.inputs = inputs,
                                                .inverse_rms = inverse_rms.data(),
                                                .dy = dy_values.data(),
                                                .dx = dx.data(),
                                                .dgate = dgate.data(),
                                                .dweight = weights > 0 ? dweight.data() : nullptr,
                                                .scratch = nullptr});
      test::expect_close(test::to_doubles(y.value()), expected, 1e-6, "y");
      test::expect_close(test::to_doubles(x.gradient()), dx, 2e-6, "dx");
      test::expect_close(test::to_doubles(gate.gradient()), dgate, 2e-6, "dgate");
      if (weights > 0) test::expect_close(test::to_doubles(weight.gradient()), dweight, 2e-6, "dweight");
    }
  }
}

TEST(GatedRmsNormOp, RefusesEachWrongSizeByName) {
  const auto expect_error = [](const std::function<void()>& run, const char* message) {
    try {
      run();
      ADD_FAILURE() << "accepted: " << message;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  };
  const Var x(Tensor::zeros({2, 6}));
  expect_error([&] { gated_rms_norm(x, x, Var(), {.group = 4, .epsilon = 1e-5f}); },
               "gated_rms_norm: the group must divide the columns, got 4 and 6");
  expect_error(
      [&] {
        gated_rms_norm(x, Tensor::zeros({2, 5}), Var(), {.group = 3, .epsilon = 1e-5f});
      },
      "gated_rms_norm: gate must be [2, 6], got [2, 5]");
  expect_error([&] { gated_rms_norm(x, x, Tensor::zeros({2}), {.group = 3, .epsilon = 1e-5f}); },
               "gated_rms_norm: weight must be [6], got [2]");
  expect_error(
      [&] {
        gated_rms_norm(x, x, Var(), {.group = 3, .epsilon = 1e-5f, .epsilon_scale = Tensor::zeros({2, 3})});
      },
      "gated_rms_norm: epsilon_scale must be [2, 2], got [2, 3]");
}

}  // namespace
}  // namespace sequent
