// Activation checkpointing of a block, layers of experts included. Private to this room.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/models/language_model.h"

namespace sequent {

/// body(x, options), keeping only x until the backward pass. What its layers of experts leave in options.routing comes
/// out with gradients, as from the body itself.
inline Var recompute_block(std::function<Var(const Var&, const ForwardOptions&)> body, const Var& x,
                           const ForwardOptions& options) {
  const auto routing = std::make_shared<std::vector<Routing>>();
  const std::vector<Var> outputs = recompute_outputs(
      [body = std::move(body), routing, options](const Var& input) {
        routing->clear();
        ForwardOptions inner = options;
        inner.routing = options.routing ? routing.get() : nullptr;
        std::vector<Var> results = {body(input, inner)};
        for (const Routing& layer : *routing) results.push_back(layer.logits);
        return results;
      },
      x);
  for (std::size_t i = 0; i < routing->size(); ++i) {
    (*routing)[i].logits = outputs[i + 1];
    options.routing->push_back(std::move((*routing)[i]));
  }
  routing->clear();
  return outputs.front();
}

}  // namespace sequent
