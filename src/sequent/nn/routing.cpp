#include "sequent/nn/routing.h"

#include <algorithm>
#include <cmath>

#include "sequent/ops/elementwise.h"
#include "sequent/ops/router.h"

namespace sequent {
namespace {

std::int64_t experts_of(const Routing& layer) {
  return layer.logits.size(1);
}

// How many choices of the tokens [begin, end) fell on each expert.
std::vector<double> counts_of(const Routing& layer, std::int64_t begin, std::int64_t end) {
  std::vector<double> counts(static_cast<std::size_t>(experts_of(layer)));
  const std::int64_t per_token = layer.choices.size(1);
  const auto* choices = layer.choices.data<std::int32_t>();
  for (std::int64_t c = begin * per_token; c < end * per_token; ++c) ++counts[static_cast<std::size_t>(choices[c])];
  return counts;
}

// The losses of some layers together, which is a sum over their tokens of a function of each token's logits alone: with
// n_g the tokens of group g in all layers, and c the number of choices of each expert among them,
//   L_balance = mean_g E sum_e f_e P_e,  f = c / n_g,  P_e = sum_t p[t, e] / n_g,   L_z = mean_t logsumexp(l[t])^2.
Var pooled_loss(std::span<const Routing> layers, const MixtureConfig& config, const Segments& groups) {
  const std::int64_t experts = experts_of(layers.front());
  const auto depth = static_cast<double>(layers.size());
  const Tensor slopes = Tensor::empty({groups.count(), experts});
  for (std::int64_t g = 0; g < groups.count(); ++g) {
    std::vector<double> counts(static_cast<std::size_t>(experts));
    for (const Routing& layer : layers) {
      const std::vector<double> more = counts_of(layer, groups.begin(g), groups.end(g));
      for (std::size_t e = 0; e < counts.size(); ++e) counts[e] += more[e];
    }
    const double tokens = depth * static_cast<double>(groups.length(g));
    const double factor = static_cast<double>(config.balance_loss) * static_cast<double>(experts) /
                          (tokens * tokens * static_cast<double>(groups.count()));
    float* row = slopes.mutable_floats() + g * experts;
    for (std::size_t e = 0; e < counts.size(); ++e) row[e] = static_cast<float>(factor * counts[e]);
  }
  const auto z =
      static_cast<float>(static_cast<double>(config.z_loss) / (depth * static_cast<double>(groups.tokens())));
  Var sum;
  for (const Routing& layer : layers) {
    const Var loss = router_loss(layer.logits, slopes, z, groups);
    sum = sum.defined() ? add(sum, loss) : loss;
  }
  return sum;
}

// Mean over tokens of -sum_e p_e ln p_e.
double entropy_of(const Tensor& logits) {
  const std::int64_t tokens = logits.size(0), experts = logits.size(1);
  double total = 0;
  for (std::int64_t t = 0; t < tokens; ++t) {
    const float* row = logits.floats() + t * experts;
    const double maximum = static_cast<double>(*std::max_element(row, row + experts));
    double sum = 0, weighted = 0;
    for (std::int64_t e = 0; e < experts; ++e) {
      const double distance = static_cast<double>(row[e]) - maximum, power = std::exp(distance);
      sum += power;
      weighted += power * distance;
    }
    total += std::log(sum) - weighted / sum;
  }
  return total / static_cast<double>(std::max<std::int64_t>(tokens, 1));
}

}  // namespace

Var routing_loss(std::span<const Routing> layers, const MixtureConfig& config, const Segments& segments) {
  if (layers.empty() || (config.balance_loss == 0 && config.z_loss == 0)) return {};
  const Segments whole = Segments::single(segments.tokens());
  switch (config.auxiliary_form) {
    case AuxiliaryForm::pooled:
      return pooled_loss(layers, config, whole);
    case AuxiliaryForm::pooled_per_sequence:
      return pooled_loss(layers, config, segments);
    case AuxiliaryForm::per_layer:
      break;
  }
  Var sum;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Var loss = pooled_loss(layers.subspan(i, 1), config, whole);
    sum = sum.defined() ? add(sum, loss) : loss;
  }
  return sum;
}

std::vector<ExpertLoad> expert_loads(std::span<const Routing> layers) {
  std::vector<ExpertLoad> loads;
  for (const Routing& layer : layers) {
    const auto choices = static_cast<double>(std::max<std::int64_t>(layer.choices.elements(), 1));
    ExpertLoad load = {.layer = layer.layer,
                       .share = counts_of(layer, 0, layer.choices.size(0)),
                       .drop_rate = static_cast<double>(layer.dropped) / choices,
                       .entropy = entropy_of(layer.logits.value())};
    for (double& share : load.share) share /= choices;
    loads.push_back(std::move(load));
  }
  return loads;
}

}  // namespace sequent
