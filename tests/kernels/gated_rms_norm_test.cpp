#include "sequent/kernels/gated_rms_norm.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/gated_rms_norm.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

enum class Weight { none, shared, full };

struct Layout {
  std::int64_t rows, group, groups;
  Weight weight;
  bool norm_before_gate, with_epsilon_scale;
};

// Every kind of weight, both orders, with and without a scale of epsilon.
std::vector<Layout> layouts(std::int64_t rows, std::int64_t group, std::int64_t groups) {
  std::vector<Layout> all;
  for (const Weight weight : {Weight::none, Weight::shared, Weight::full}) {
    for (const bool before : {false, true})
      all.push_back({rows, group, groups, weight, before, weight != Weight::full});
  }
  return all;
}

template <class Real>
struct Case {
  Layout layout;
  std::vector<Real> x, gate, weight, epsilon_scale, dy;
  std::vector<Real> y, inverse_rms, dx, dgate, dweight, scratch;

  explicit Case(const Layout& layout_) : layout(layout_) {
    const auto values = [](std::int64_t count, const char* name, double deviation = 1.0) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t elements = layout.rows * layout.groups * layout.group;
    x = values(elements, "x");
    gate = values(elements, "gate", 2.0);
    weight = values(inputs().weight_size(), "weight");
    epsilon_scale = values(layout.rows * layout.groups, "epsilon_scale");
    for (Real& value : epsilon_scale) value = 1 + std::abs(value);
    dy = values(elements, "dy");
    for (auto* like_x : {&y, &dx, &dgate}) like_x->resize(x.size());
    inverse_rms.resize(epsilon_scale.size());
    dweight.resize(weight.size());
    scratch.resize(kernels::kGatedRmsNormPieces * weight.size());
  }
  // The epsilon is so large that a wrong scale shows.
  kernels::GatedRmsNormArguments<Real> inputs() {
    return {.x = x.data(),
            .gate = gate.data(),
            .weight = layout.weight == Weight::none ? nullptr : weight.data(),
            .epsilon_scale = layout.with_epsilon_scale ? epsilon_scale.data() : nullptr,
            .rows = layout.rows,
            .columns = layout.groups * layout.group,
            .group = layout.group,
            .weight_shared = layout.weight == Weight::shared,
            .norm_before_gate = layout.norm_before_gate,
            .epsilon = Real(0.1)};
  }
  kernels::GatedRmsNormForward<Real> forward() {
    return {.inputs = inputs(), .y = y.data(), .inverse_rms = inverse_rms.data()};
  }
  kernels::GatedRmsNormBackward<Real> backward() {
    return {.inputs = inputs(),
            .inverse_rms = inverse_rms.data(),
            .dy = dy.data(),
            .dx = dx.data(),
            .dgate = dgate.data(),
            .dweight = layout.weight == Weight::none ? nullptr : dweight.data(),
            .scratch = scratch.data()};
  }
};

TEST(GatedRmsNormReference, GradientMatchesCentralDifferences) {
  for (const Layout& layout : layouts(3, 5, 2)) {
    Case<double> c(layout);
    const auto loss = [&] {
      kernels::reference::gated_rms_norm(c.forward());
      return test::weighted_sum(c.y, c.dy);
    };
    loss();
    kernels::reference::gated_rms_norm(c.backward());
    test::expect_gradient(c.x, c.dx, loss, "dx");
    test::expect_gradient(c.gate, c.dgate, loss, "dgate");
    if (layout.weight != Weight::none) test::expect_gradient(c.weight, c.dweight, loss, "dweight");
  }
}

TEST(GatedRmsNormReference, EpsilonScaleIsTheNormOfDividedRows) {
  Case<double> scaled({2, 4, 1, Weight::full, true, true}), divided({2, 4, 1, Weight::full, true, false});
  for (std::size_t i = 0; i < divided.x.size(); ++i) divided.x[i] /= std::sqrt(scaled.epsilon_scale[i / 4]);
  kernels::reference::gated_rms_norm(scaled.forward());
  kernels::reference::gated_rms_norm(divided.forward());
  test::expect_close(scaled.y, divided.y, 1e-14, "y");
}

TEST(GatedRmsNorm, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t group : {1, 3, 7, 8, 9, 15, 16, 17, 33, 64, 100}) {
      for (const Layout& layout : layouts(37, group, group % 3 + 1)) {
        SCOPED_TRACE(group);
        Case<double> expected(layout);
        Case<float> actual(layout);
        kernels::reference::gated_rms_norm(expected.forward());
        kernels::gated_rms_norm(kernels::Cpu{}, actual.forward());
        test::expect_close(actual.y, expected.y, 1e-6, "y");
        kernels::reference::gated_rms_norm(expected.backward());
        kernels::gated_rms_norm(kernels::Cpu{}, actual.backward());
        test::expect_close(actual.dx, expected.dx, 3e-6, "dx", 1.0);
        test::expect_close(actual.dgate, expected.dgate, 3e-6, "dgate", 1.0);
        test::expect_close(actual.dweight, expected.dweight, 3e-6, "dweight", 1.0);
      }
    }
  });
}

}  // namespace
}  // namespace sequent
