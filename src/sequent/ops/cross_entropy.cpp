#include "sequent/ops/cross_entropy.h"

#include <algorithm>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/cross_entropy.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/matrix_product.h"
#include "sequent/ops/weight_product.h"

namespace sequent {
namespace {

// Logits of a chunk: 8 MB, which stay in the cache between the passes over them, but at least so many tokens that the
// products run at full speed. Measured with a vocabulary of 32000, width 256: 64 tokens give 79%, 128 give 93% and 256
// give 98% of the speed of 512.
constexpr std::int64_t kChunkElements = std::int64_t{1} << 21;
constexpr std::int64_t kLeastTokens = 128;

// Chunks of equal size, which depends on nothing but the sizes of the problem.
std::int64_t chunk_tokens(std::int64_t tokens, std::int64_t vocabulary) {
  const std::int64_t most = std::max(kLeastTokens, kChunkElements / std::max<std::int64_t>(vocabulary, 1));
  const std::int64_t chunks = std::max<std::int64_t>(1, (tokens + most - 1) / most);
  return (tokens + chunks - 1) / chunks;
}

std::int64_t count_targets(std::span<const std::int32_t> targets, std::int64_t vocabulary) {
  std::int64_t counted = 0;
  for (const std::int32_t target : targets) {
    check(target < vocabulary, "cross_entropy: targets must be below {}, got {}", vocabulary, target);
    counted += target >= 0;
  }
  check(counted > 0, "cross_entropy: there must be a target to count, got none in {} tokens", targets.size());
  return counted;
}

// The forward pass, and with it the gradients of the mean loss where they are wanted.
struct Pass {
  Tensor hidden;      // [tokens, width]
  Tensor projection;  // [vocabulary, width]
  std::span<const std::int32_t> targets;
  float scale;         // 1 / counted targets
  Tensor losses;       // [tokens]
  Tensor dhidden;      // [tokens, width], or undefined
  Tensor dprojection;  // [vocabulary, width], or undefined
  Tensor logits;       // memory for one chunk, then for its gradient

  void run(std::int64_t begin, std::int64_t end);
};

void Pass::run(std::int64_t begin, std::int64_t end) {
  const std::int64_t tokens = end - begin, width = hidden.size(1), vocabulary = projection.size(0);
  const Tensor part = hidden.slice(begin, end);
  multiply_by_weight(part.floats(), tokens, projection, logits.mutable_floats(), 0.0f);
  const bool gradients = dhidden.defined() || dprojection.defined();
  kernels::cross_entropy(kernels::Cpu{}, {.logits = logits.floats(),
                                          .targets = targets.data() + begin,
                                          .losses = losses.mutable_floats() + begin,
                                          .dlogits = gradients ? logits.mutable_floats() : nullptr,
                                          .scale = scale,
                                          .rows = tokens,
                                          .columns = vocabulary});
  if (dhidden.defined()) {
    kernels::matrix_product(kernels::Cpu{}, {.a = logits.floats(),
                                             .b = projection.floats(),
                                             .c = dhidden.mutable_floats() + begin * width,
                                             .rows = tokens,
                                             .columns = width,
                                             .inner = vocabulary,
                                             .precision = product_precision()});
  }
  if (dprojection.defined()) {
    kernels::matrix_product(kernels::Cpu{}, {.a = logits.floats(),
                                             .b = part.floats(),
                                             .c = dprojection.mutable_floats(),
                                             .rows = vocabulary,
                                             .columns = width,
                                             .inner = tokens,
                                             .transpose_a = true,
                                             .beta = begin == 0 ? 0.0f : 1.0f,
                                             .precision = product_precision()});
  }
}

double sum_of(const Tensor& values) {
  const float* data = values.floats();
  double sum = 0;
  for (std::int64_t i = 0; i < values.elements(); ++i) sum += static_cast<double>(data[i]);
  return sum;
}

void scale_in_place(const Tensor& x, float factor) {
  if (factor == 1.0f) return;
  kernels::scale(kernels::Cpu{}, {.x = x.floats(), .y = x.mutable_floats(), .factor = factor, .count = x.elements()});
}

}  // namespace

Var cross_entropy(const Var& logits, std::span<const std::int32_t> targets) {
  check(logits.shape().rank() == 2, "cross_entropy: logits must be [rows, classes], got {}", to_string(logits.shape()));
  check(static_cast<std::int64_t>(targets.size()) == logits.rows(), "cross_entropy: there must be {} targets, got {}",
        logits.rows(), targets.size());
  const std::int64_t counted = count_targets(targets, logits.columns());
  const Tensor losses = Tensor::empty({logits.rows()});
  const Tensor dlogits = recording({logits}) ? Tensor::empty(logits.shape()) : Tensor();
  kernels::cross_entropy(kernels::Cpu{}, {.logits = logits.value().floats(),
                                          .targets = targets.data(),
                                          .losses = losses.mutable_floats(),
                                          .dlogits = dlogits.defined() ? dlogits.mutable_floats() : nullptr,
                                          .scale = static_cast<float>(1.0 / static_cast<double>(counted)),
                                          .rows = logits.rows(),
                                          .columns = logits.columns()});
  const auto loss = static_cast<float>(sum_of(losses) / static_cast<double>(counted));
  return record(Tensor::full({1}, loss), {logits}, [logits = logits.gradient_only(), dlogits](const Tensor& dloss) {
    scale_in_place(dlogits, dloss.floats()[0]);
    logits.accumulate(dlogits);
  });
}

ProjectedCrossEntropy projected_cross_entropy(const Var& hidden, const Var& projection,
                                              std::span<const std::int32_t> targets) {
  check(hidden.shape().rank() == 2, "cross_entropy: hidden must be [tokens, width], got {}", to_string(hidden.shape()));
  check(projection.shape().rank() == 2 && projection.size(1) == hidden.size(1),
        "cross_entropy: projection must be [vocabulary, {}], got {}", hidden.size(1), to_string(projection.shape()));
  const std::int64_t tokens = hidden.size(0), vocabulary = projection.size(0);
  check(static_cast<std::int64_t>(targets.size()) == tokens, "cross_entropy: there must be {} targets, got {}", tokens,
        targets.size());
  const std::int64_t counted = count_targets(targets, vocabulary);
  const std::int64_t chunk = chunk_tokens(tokens, vocabulary);
  const bool recorded = recording({hidden, projection});
  expect_float_to_record("cross_entropy", projection.value());
  const auto gradient_of = [&](const Var& v) {
    return recorded && v.wants_gradient() ? Tensor::empty(v.shape()) : Tensor();
  };
  Pass pass{.hidden = hidden.value(),
            .projection = projection.value(),
            .targets = targets,
            .scale = static_cast<float>(1.0 / static_cast<double>(counted)),
            .losses = Tensor::empty({tokens}),
            .dhidden = gradient_of(hidden),
            .dprojection = gradient_of(projection),
            .logits = Tensor::empty({chunk, vocabulary})};
  for (std::int64_t begin = 0; begin < tokens; begin += chunk) pass.run(begin, std::min(begin + chunk, tokens));
  const auto loss = static_cast<float>(sum_of(pass.losses) / static_cast<double>(counted));
  return {record(Tensor::full({1}, loss), {hidden, projection},
                 [hidden = hidden.gradient_only(), projection = projection.gradient_only(), dhidden = pass.dhidden,
                  dprojection = pass.dprojection](const Tensor& dloss) {
                   const float factor = dloss.floats()[0];
                   if (hidden.wants_gradient()) {
                     scale_in_place(dhidden, factor);
                     hidden.accumulate(dhidden);
                   }
                   if (projection.wants_gradient()) {
                     kernels::add_scaled(kernels::Cpu{}, {.x = dprojection.floats(),
                                                          .y = projection.gradient_buffer().mutable_floats(),
                                                          .factor = factor,
                                                          .count = dprojection.elements()});
                   }
                 }),
          pass.losses};
}

}  // namespace sequent
