#include "sequent/ops/cross_entropy.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/cross_entropy.h"
#include "sequent/kernels/reference/matrix_product.h"
#include "sequent/ops/elementwise.h"
#include "sequent/tensor/memory.h"
#include "tests/support/files.h"
#include "tests/support/gradient.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

struct Case {
  std::int64_t tokens, width, vocabulary;
  std::vector<double> hidden, projection;
  std::vector<std::int32_t> targets;

  Case(std::int64_t tokens_, std::int64_t width_, std::int64_t vocabulary_)
      : tokens(tokens_), width(width_), vocabulary(vocabulary_) {
    hidden = test::random_values(tokens * width, "hidden");
    projection = test::random_values(vocabulary * width, "projection", 0.3);
    for (std::int64_t t = 0; t < tokens; ++t) {
      targets.push_back(static_cast<std::int32_t>(t % 5 == 2 ? -100 : t * 13 % vocabulary));
    }
  }
  Tensor hidden_tensor() const { return test::to_tensor(hidden, {tokens, width}); }
  Tensor projection_tensor() const { return test::to_tensor(projection, {vocabulary, width}); }
};

// What the op computes, from the references: logits whole, losses, and gradients of the mean.
struct Expected {
  std::vector<double> losses, dhidden, dprojection;
  double loss = 0;

  explicit Expected(const Case& c) : losses(c.tokens), dhidden(c.hidden.size()), dprojection(c.projection.size()) {
    std::vector<double> logits(c.tokens * c.vocabulary);
    kernels::reference::matrix_product(kernels::MatrixProduct<double>{.a = c.hidden.data(),
                                                                      .b = c.projection.data(),
                                                                      .c = logits.data(),
                                                                      .rows = c.tokens,
                                                                      .columns = c.vocabulary,
                                                                      .inner = c.width,
                                                                      .transpose_b = true});
    double counted = 0;
    for (const std::int32_t target : c.targets) counted += target >= 0;
    kernels::reference::cross_entropy(kernels::CrossEntropy<double>{
        logits.data(), c.targets.data(), losses.data(), logits.data(), 1 / counted, c.tokens, c.vocabulary});
    for (const double value : losses) loss += value / counted;
    kernels::reference::matrix_product(kernels::MatrixProduct<double>{.a = logits.data(),
                                                                      .b = c.projection.data(),
                                                                      .c = dhidden.data(),
                                                                      .rows = c.tokens,
                                                                      .columns = c.width,
                                                                      .inner = c.vocabulary});
    kernels::reference::matrix_product(kernels::MatrixProduct<double>{.a = logits.data(),
                                                                      .b = c.hidden.data(),
                                                                      .c = dprojection.data(),
                                                                      .rows = c.vocabulary,
                                                                      .columns = c.width,
                                                                      .inner = c.tokens,
                                                                      .transpose_a = true});
  }
};

void expect_matches(const Case& c) {
  const Expected expected(c);
  const Var hidden = Var::parameter(c.hidden_tensor()), projection = Var::parameter(c.projection_tensor());
  Tape tape;
  const ProjectedCrossEntropy result = projected_cross_entropy(hidden, projection, c.targets);
  EXPECT_EQ(result.loss.value().elements(), 1);
  EXPECT_NEAR(result.loss.value().floats()[0], expected.loss, 1e-6 * expected.loss);
  test::expect_close(test::to_doubles(result.token_losses), expected.losses, 1e-6, "token losses");
  tape.backward(result.loss);
  test::expect_close(test::to_doubles(hidden.gradient()), expected.dhidden, 3e-6, "dhidden");
  test::expect_close(test::to_doubles(projection.gradient()), expected.dprojection, 3e-6, "dprojection");
}

TEST(ProjectedCrossEntropy, MatchesTheReferenceOfTheWhole) {
  expect_matches({7, 5, 11});
  expect_matches({1, 3, 2});
}

// A vocabulary so large that a chunk holds its least number of tokens, and tokens that do not divide into chunks.
TEST(ProjectedCrossEntropy, MatchesTheReferenceInSeveralChunks) {
  expect_matches({301, 4, 20'000});
}

TEST(ProjectedCrossEntropy, TheWholeMatrixOfLogitsNeverExists) {
  const std::int64_t tokens = 4096, vocabulary = 4096;  // 64 MB
  const Var hidden = Var::parameter(Tensor::zeros({tokens, 8})),
            projection = Var::parameter(Tensor::zeros({vocabulary, 8}));
  const std::vector<std::int32_t> targets(tokens, 1);
  const std::int64_t before = memory::live_bytes();
  memory::reset_peak();
  Tape tape;
  tape.backward(projected_cross_entropy(hidden, projection, targets).loss);
  EXPECT_LT(memory::peak_bytes() - before, tokens * vocabulary * 4 / 4);
}

TEST(ProjectedCrossEntropy, ScalesByTheGradientThatArrives) {
  const Case c(9, 4, 6);
  const Expected expected(c);
  const Var hidden = Var::parameter(c.hidden_tensor()), projection = Var::parameter(c.projection_tensor());
  Tape tape;
  tape.backward(scale(projected_cross_entropy(hidden, projection, c.targets).loss, -3.0f));
  std::vector<double> dhidden = expected.dhidden, dprojection = expected.dprojection;
  for (double& value : dhidden) value *= -3;
  for (double& value : dprojection) value *= -3;
  test::expect_close(test::to_doubles(hidden.gradient()), dhidden, 3e-6, "dhidden");
  test::expect_close(test::to_doubles(projection.gradient()), dprojection, 3e-6, "dprojection");
}

TEST(ProjectedCrossEntropy, GivesGradientsOnlyToThoseThatWantThem) {
  const Case c(9, 4, 6);
  const Expected expected(c);
  for (const bool hidden_wants : {true, false}) {
    const Var hidden = hidden_wants ? Var::parameter(c.hidden_tensor()) : Var(c.hidden_tensor());
    const Var projection = hidden_wants ? Var(c.projection_tensor()) : Var::parameter(c.projection_tensor());
    Tape tape;
    const ProjectedCrossEntropy result = projected_cross_entropy(hidden, projection, c.targets);
    tape.backward(result.loss);
    EXPECT_EQ(hidden.gradient().defined(), hidden_wants);
    EXPECT_EQ(projection.gradient().defined(), !hidden_wants);
    if (hidden_wants) {
      test::expect_close(test::to_doubles(hidden.gradient()), expected.dhidden, 3e-6, "dhidden");
    } else {
      test::expect_close(test::to_doubles(projection.gradient()), expected.dprojection, 3e-6, "dprojection");
    }
  }
  // Without a tape nothing is computed but the losses, and they are the same.
  const ProjectedCrossEntropy result =
      projected_cross_entropy(Var::parameter(c.hidden_tensor()), c.projection_tensor(), c.targets);
  EXPECT_FALSE(result.loss.wants_gradient());
  EXPECT_NEAR(result.loss.value().floats()[0], expected.loss, 1e-6 * expected.loss);
}

TEST(CrossEntropy, IsThatOfAProjectionThatChangesNothing) {
  const Tensor values = test::to_tensor(test::random_values(5 * 4, "logits"), {5, 4});
  Tensor identity = Tensor::zeros({4, 4});
  for (int i = 0; i < 4; ++i) identity.mutable_floats()[5 * i] = 1;
  const std::vector<std::int32_t> targets = {3, 0, -1, 1, 1};
  const Var logits = Var::parameter(values), hidden = Var::parameter(values);
  Tape tape;
  const Var loss = cross_entropy(logits, targets), same = projected_cross_entropy(hidden, identity, targets).loss;
  EXPECT_FLOAT_EQ(loss.value().floats()[0], same.value().floats()[0]);
  const std::vector<Var> losses = {loss, same};
  const std::vector<Tensor> gradients = {Tensor::full({1}, 0.5f), Tensor::full({1}, 0.5f)};
  tape.backward(losses, gradients);
  test::expect_close(test::to_doubles(logits.gradient()), test::to_doubles(hidden.gradient()), 1e-6, "dlogits");
}

TEST(CrossEntropy, RefusesWhatDoesNotFitByName) {
  const Tensor logits = Tensor::zeros({2, 3});
  const auto message = [](const Tensor& logits_of, std::vector<std::int32_t> targets) {
    return test::error_of([&] { cross_entropy(logits_of, targets); });
  };
  EXPECT_EQ(message(Tensor::zeros({3}), {0}), "cross_entropy: logits must be [rows, classes], got [3]");
  EXPECT_EQ(message(logits, {0}), "cross_entropy: there must be 2 targets, got 1");
  EXPECT_EQ(message(logits, {0, 3}), "cross_entropy: targets must be below 3, got 3");
}

TEST(ProjectedCrossEntropy, RefusesWhatDoesNotFitByName) {
  const auto error_of = [](const Var& hidden, const Var& projection, std::vector<std::int32_t> targets) -> std::string {
    try {
      projected_cross_entropy(hidden, projection, targets);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const Tensor hidden = Tensor::zeros({2, 4}), projection = Tensor::zeros({5, 4});
  EXPECT_EQ(error_of(Tensor::zeros({4}), projection, {0, 1}), "cross_entropy: hidden must be [tokens, width], got [4]");
  EXPECT_EQ(error_of(hidden, Tensor::zeros({5, 3}), {0, 1}),
            "cross_entropy: projection must be [vocabulary, 4], got [5, 3]");
  EXPECT_EQ(error_of(hidden, projection, {0}), "cross_entropy: there must be 2 targets, got 1");
  EXPECT_EQ(error_of(hidden, projection, {0, 5}), "cross_entropy: targets must be below 5, got 5");
  EXPECT_EQ(error_of(hidden, projection, {-1, -100}),
            "cross_entropy: there must be a target to count, got none in 2 tokens");
}

}  // namespace
}  // namespace sequent
