#include "sequent/kernels/experts.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/experts.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

struct Size {
  std::int64_t tokens, choices, experts, width, hidden;
};

// Choices are given to experts in turn, but expert 1 gets none and some are dropped.
template <class Real>
struct Case {
  Size size;
  bool is_gated;
  Activation f;
  float dropout;
  std::vector<std::int64_t> begins;
  std::vector<std::int32_t> token, row;
  std::vector<Real> x, weights, dy;
  std::vector<std::vector<Real>> gate_weights, up_weights, down_weights, dgate_weights, dup_weights, ddown_weights;
  std::vector<const Real*> gates, ups, downs;
  std::vector<Real*> dgates, dups, ddowns;
  std::vector<Real> gate, up, inputs, hidden, outputs, y, gradients, dgate, dup, dx, dweights;

  Case(const Size& s, bool gated, Activation kind, float dropout_rate)
      : size(s), is_gated(gated), f(kind), dropout(dropout_rate) {
    route([&](std::int64_t c) { return c % 7 == 3 ? -1 : c % s.experts == 1 && s.experts > 1 ? 0 : c % s.experts; });
    x = values(s.tokens * s.width, "x");
    weights = values(s.tokens * s.choices, "weights");
    dy = values(s.tokens * s.width, "dy");
    const auto matrices = [&](const char* name, std::vector<std::vector<Real>>& of, std::vector<const Real*>& pointers,
                              std::vector<std::vector<Real>>& gradients_of, std::vector<Real*>& gradient_pointers) {
      for (std::int64_t e = 0; e < s.experts; ++e) {
        of.push_back(values(s.hidden * s.width, fmt::format("{}{}", name, e)));
        gradients_of.push_back(std::vector<Real>(of.back().size(), Real(0.5)));  // these are added to
      }
      for (auto& matrix : of) pointers.push_back(matrix.data());
      for (auto& matrix : gradients_of) gradient_pointers.push_back(matrix.data());
    };
    matrices("gate", gate_weights, gates, dgate_weights, dgates);
    matrices("up", up_weights, ups, dup_weights, dups);
    matrices("down", down_weights, downs, ddown_weights, ddowns);
    for (auto* buffer : {&inputs, &outputs, &gradients})
      buffer->resize(token.size() * static_cast<std::size_t>(s.width));
    for (auto* buffer : {&gate, &up, &hidden, &dgate, &dup}) {
      buffer->resize(token.size() * static_cast<std::size_t>(s.hidden));
    }
    y.resize(x.size());
    dx.resize(x.size());
    dweights.resize(weights.size());
  }
  static std::vector<Real> values(std::int64_t count, const std::string& name) {
    const std::vector<double> doubles = test::random_values(count, name, 0.5);
    return std::vector<Real>(doubles.begin(), doubles.end());
  }
  template <class ExpertOf>
  void route(ExpertOf expert_of) {
    row.assign(static_cast<std::size_t>(size.tokens * size.choices), -1);
    begins = {0};
    for (std::int64_t e = 0; e < size.experts; ++e) {
      for (std::int64_t c = 0; c < size.tokens * size.choices; ++c) {
        if (expert_of(c) != e) continue;
        row[static_cast<std::size_t>(c)] = static_cast<std::int32_t>(token.size());
        token.push_back(static_cast<std::int32_t>(c / size.choices));
      }
      begins.push_back(static_cast<std::int64_t>(token.size()));
    }
  }
  kernels::Experts<Real> layer() {
    return {.rows = {begins.data(), token.data(), row.data(), size.tokens, size.choices, size.experts},
            .x = x.data(),
            .weights = weights.data(),
            .gate_weights = is_gated ? gates.data() : nullptr,
            .up_weights = ups.data(),
            .down_weights = downs.data(),
            .width = size.width,
            .hidden = size.hidden,
            .f = f,
            .dropout = dropout,
            .seed = 5,
            .stream = 9,
            .identity_of_dropped = size.choices > 1,
            .gate = gate.data(),
            .up = up.data()};
  }
  kernels::ExpertsForward<Real> forward() { return {layer(), inputs.data(), hidden.data(), outputs.data(), y.data()}; }
  kernels::ExpertsBackward<Real> backward(bool add = true) {
    return {layer(),   dy.data(),       inputs.data(), gradients.data(), hidden.data(), dgate.data(), dup.data(),
            dx.data(), dweights.data(), dgates.data(), dups.data(),      ddowns.data(), add};
  }
};

std::vector<double> less_half(const std::vector<double>& added_to) {
  std::vector<double> values = added_to;
  for (double& value : values) value -= 0.5;
  return values;
}

TEST(ExpertsReference, GradientMatchesCentralDifferences) {
  for (const bool gated : {false, true}) {
    for (const std::int64_t choices : {1, 2}) {
      SCOPED_TRACE(fmt::format("gated {}, {} choices", gated, choices));
      Case<double> c({7, choices, 3, 4, 5}, gated, Activation::silu, 0.25f);
      const auto loss = [&] {
        kernels::reference::experts(c.forward());
        return test::weighted_sum(c.y, c.dy);
      };
      loss();
      kernels::reference::experts(c.backward());
      test::expect_gradient(c.x, c.dx, loss, "dx");
      test::expect_gradient(c.weights, c.dweights, loss, "dweights");
      for (const std::size_t e : {0, 2}) {
        if (gated) test::expect_gradient(c.gate_weights[e], less_half(c.dgate_weights[e]), loss, "gate");
        test::expect_gradient(c.up_weights[e], less_half(c.dup_weights[e]), loss, "up");
        test::expect_gradient(c.down_weights[e], less_half(c.ddown_weights[e]), loss, "down");
      }
      EXPECT_EQ(c.dup_weights[1], std::vector<double>(20, 0.5)) << "an expert without tokens has no gradient";
      // Written instead of added: the same less what was there.
      const std::vector<double> added = less_half(c.ddown_weights[2]);
      kernels::reference::experts(c.backward(/*add=*/false));
      EXPECT_EQ(c.dup_weights[1], std::vector<double>(20, 0.5));
      test::expect_close(c.ddown_weights[2], added, 1e-12, "down, written");
    }
  }
}

void expect_match(const Size& size, bool gated, Activation f, float dropout, bool add) {
  SCOPED_TRACE(fmt::format("{} tokens, {} choices, {} experts, {} -> {}, gated {}, add {}", size.tokens, size.choices,
                           size.experts, size.width, size.hidden, gated, add));
  Case<double> expected(size, gated, f, dropout);
  Case<float> actual(size, gated, f, dropout);
  kernels::reference::experts(expected.forward());
  kernels::experts(kernels::Cpu{}, actual.forward());
  test::expect_close(actual.y, expected.y, 2e-6, "y");
  kernels::reference::experts(expected.backward(add));
  kernels::experts(kernels::Cpu{}, actual.backward(add));
  test::expect_close(actual.dx, expected.dx, 3e-6, "dx");
  test::expect_close(actual.dweights, expected.dweights, 3e-6, "dweights");
  for (std::size_t e = 0; e < expected.ups.size(); ++e) {
    if (gated) test::expect_close(actual.dgate_weights[e], expected.dgate_weights[e], 3e-6, "gate");
    test::expect_close(actual.dup_weights[e], expected.dup_weights[e], 3e-6, "up");
    test::expect_close(actual.ddown_weights[e], expected.ddown_weights[e], 3e-6, "down");
  }
}

void expect_match(const Size& size, bool gated, Activation f, float dropout) {
  for (const bool add : {true, false}) expect_match(size, gated, f, dropout, add);
}

TEST(Experts, MatchTheReferenceOnEveryTargetAndSize) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {1, 7, 8, 17, 33}) {
      for (const std::int64_t tokens : {1, 2, 9, 40}) {
        expect_match({tokens, 1, 3, width, width + 2}, false, Activation::relu, 0);
        expect_match({tokens, 2, 4, width, width + 2}, true, Activation::silu, 0);
      }
    }
    expect_match({60, 3, 5, 16, 24}, true, Activation::gelu, 0.3f);
    expect_match({60, 1, 1, 16, 24}, false, Activation::gelu_tanh, 0.3f);
  });
}

TEST(Experts, MatchTheReferenceWhenOneHasMoreRowsThanATask) {
  expect_match({700, 1, 2, 12, 10}, false, Activation::relu, 0);
  // A gradient of a weight that is formed in several tasks.
  expect_match({300, 1, 2, 160, 900}, false, Activation::relu, 0);
  expect_match({300, 1, 2, 900, 160}, false, Activation::relu, 0);
}

TEST(Experts, DoNotDependOnThreads) {
  const auto run = [](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    Case<float> c({400, 2, 3, 70, 300}, true, Activation::silu, 0.1f);
    kernels::experts(kernels::Cpu{}, c.forward());
    kernels::experts(kernels::Cpu{}, c.backward());
    set_thread_count(threads);
    std::vector<std::vector<float>> all = {c.y, c.dx, c.dweights};
    for (const auto* group : {&c.dgate_weights, &c.dup_weights, &c.ddown_weights}) {
      all.insert(all.end(), group->begin(), group->end());
    }
    return all;
  };
  const auto expected = run(1);
  EXPECT_EQ(run(2), expected);
  EXPECT_EQ(run(3), expected);
}

}  // namespace
}  // namespace sequent
