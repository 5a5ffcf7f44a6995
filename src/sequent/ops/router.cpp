#include "sequent/ops/router.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/router.h"

namespace sequent {

Routes route(const Var& logits, std::int64_t chosen, bool renormalise) {
  check(logits.shape().rank() == 2, "route: logits must be [tokens, experts], got {}", to_string(logits.shape()));
  const std::int64_t tokens = logits.size(0), experts = logits.size(1);
  check(chosen >= 1 && chosen <= experts, "route: experts of a token must be from 1 to {}, got {}", experts, chosen);
  const Tensor probabilities = Tensor::empty({tokens, experts});
  const Tensor weights = Tensor::empty({tokens, chosen}), choices = Tensor::empty({tokens, chosen}, DType::i32);
  kernels::router(kernels::Cpu{}, kernels::RouterForward<float>{.logits = logits.value().floats(),
                                                                .probabilities = probabilities.mutable_floats(),
                                                                .choices = choices.mutable_data<std::int32_t>(),
                                                                .weights = weights.mutable_floats(),
                                                                .tokens = tokens,
                                                                .experts = experts,
                                                                .chosen = chosen,
                                                                .renormalise = renormalise});
  const Var result = record(weights, {logits}, [=, logits = logits.gradient_only()](const Tensor& dweights) {
    const Tensor dlogits = Tensor::empty({tokens, experts});
    kernels::router(kernels::Cpu{}, kernels::RouterBackward<float>{.probabilities = probabilities.floats(),
                                                                   .choices = choices.data<std::int32_t>(),
                                                                   .weights = weights.floats(),
                                                                   .dweights = dweights.floats(),
                                                                   .dlogits = dlogits.mutable_floats(),
                                                                   .tokens = tokens,
                                                                   .experts = experts,
                                                                   .chosen = chosen,
                                                                   .renormalise = renormalise});
    logits.accumulate(dlogits);
  });
  return {result, choices};
}

Var router_loss(const Var& logits, const Tensor& slopes, float z, const Segments& groups) {
  check(logits.shape().rank() == 2 && logits.size(0) == groups.tokens(),
        "router_loss: logits must be [{}, experts], got {}", groups.tokens(), to_string(logits.shape()));
  const std::int64_t experts = logits.size(1);
  expect_shape("router_loss", "slopes", slopes, {groups.count(), experts});
  const Tensor losses = Tensor::empty({groups.tokens()}), dlogits = Tensor::empty(logits.shape());
  for (std::int64_t g = 0; g < groups.count(); ++g) {
    kernels::router_loss(kernels::Cpu{}, {.logits = logits.value().floats() + groups.begin(g) * experts,
                                          .slopes = slopes.floats() + g * experts,
                                          .losses = losses.mutable_floats() + groups.begin(g),
                                          .dlogits = dlogits.mutable_floats() + groups.begin(g) * experts,
                                          .z = z,
                                          .tokens = groups.length(g),
                                          .experts = experts});
  }
  double sum = 0;
  for (std::int64_t t = 0; t < groups.tokens(); ++t) sum += static_cast<double>(losses.floats()[t]);
  return record(Tensor::full({1}, static_cast<float>(sum)), {logits},
                [logits = logits.gradient_only(), dlogits](const Tensor& dloss) {
                  kernels::scale(kernels::Cpu{}, {.x = dlogits.floats(),
                                                  .y = dlogits.mutable_floats(),
                                                  .factor = dloss.floats()[0],
                                                  .count = dlogits.elements()});
                  logits.accumulate(dlogits);
                });
}

}  // namespace sequent
