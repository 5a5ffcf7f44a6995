#include "sequent/ops/router.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/router.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RouteOp, GivesItsGradientToTheLogits) {
  const auto logits_values = test::random_values(12, "logits"), dweights = test::random_values(6, "dweights");
  for (const bool renormalise : {false, true}) {
    const Var logits = Var::parameter(test::to_tensor(logits_values, {3, 4}));
    Tape tape;
    const Routes routes = route(logits, 2, renormalise);
    tape.backward(routes.weights, test::to_tensor(dweights, {3, 2}));
    std::vector<double> probabilities(12), weights(6), dlogits(12);
    std::vector<std::int32_t> choices(6);
    kernels::reference::router<double>(kernels::RouterForward<double>{
        logits_values.data(), probabilities.data(), choices.data(), weights.data(), 3, 4, 2, renormalise});
    kernels::reference::router<double>(kernels::RouterBackward<double>{
        probabilities.data(), choices.data(), weights.data(), dweights.data(), dlogits.data(), 3, 4, 2, renormalise});
    const auto* chosen = routes.choices.data<std::int32_t>();
    EXPECT_EQ(std::vector<std::int32_t>(chosen, chosen + 6), choices);
    test::expect_close(test::to_doubles(routes.weights.value()), weights, 1e-6, "weights");
    test::expect_close(test::to_doubles(logits.gradient()), dlogits, 1e-6, "dlogits");
  }
}

TEST(RouteOp, RefusesMoreChoicesThanExperts) {
  try {
    route(Tensor::zeros({2, 4}), 5, false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "route: experts of a token must be from 1 to 4, got 5");
  }
  EXPECT_THROW(route(Tensor::zeros({4}), 1, false), Error);
}

TEST(RouterLossOp, SumsOverGroupsWithTheirOwnSlopes) {
  const auto logits_values = test::random_values(15, "logits"), slopes = test::random_values(6, "slopes");
  const Var logits = Var::parameter(test::to_tensor(logits_values, {5, 3}));
  Tape tape;
  const Var loss = router_loss(logits, test::to_tensor(slopes, {2, 3}), 0.5f, Segments({0, 2, 5}));
  tape.backward(loss, Tensor::full({1}, 2.0f));
  std::vector<double> losses(5), dlogits(15);
  for (const auto& [group, begin, tokens] : {std::tuple{0, 0, 2}, {1, 2, 3}}) {
    kernels::reference::router_loss<double>({logits_values.data() + begin * 3, slopes.data() + group * 3,
                                             losses.data() + begin, dlogits.data() + begin * 3, 0.5, tokens, 3});
  }
  double sum = 0;
  for (const double value : losses) sum += value;
  for (double& value : dlogits) value *= 2;
  EXPECT_NEAR(loss.value().floats()[0], sum, 1e-5);
  test::expect_close(test::to_doubles(logits.gradient()), dlogits, 1e-6, "dlogits");
}

TEST(RouterLossOp, RefusesSlopesOfAnotherShape) {
  try {
    router_loss(Tensor::zeros({5, 3}), Tensor::zeros({1, 3}), 0, Segments({0, 2, 5}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "router_loss: slopes must be [2, 3], got [1, 3]");
  }
}

}  // namespace
}  // namespace sequent
