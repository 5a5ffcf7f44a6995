// The gradients of a model in one vector, for tests that compare them all.
#pragma once

#include <algorithm>
#include <vector>

#include "sequent/nn/parameters.h"

namespace sequent::test {

/// Laid out as the flat values are; zero where none has arrived.
inline std::vector<double> gradients_of(const Parameters& parameters) {
  std::vector<double> all(static_cast<std::size_t>(parameters.values().elements()));
  for (const Parameter& parameter : parameters.all()) {
    const Tensor gradient = parameter.var.gradient();
    if (!gradient.defined()) continue;
    std::copy_n(gradient.floats(), gradient.elements(), all.begin() + parameters.offset_of(parameter));
  }
  return all;
}

}  // namespace sequent::test
