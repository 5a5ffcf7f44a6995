// How a fresh parameter gets its values. Each parameter draws from its own random stream, named after it, so its
// values depend on the seed and its name only.
#pragma once

#include <functional>

#include "sequent/base/random.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// Fills a tensor with numbers drawn from `random`.
using Initializer = std::function<void(const Tensor& values, const Random& random)>;

namespace initialize {

Initializer constant(float value);
/// Normal with mean 0.
Initializer normal(float deviation);
/// Normal with mean 0; values beyond two deviations are drawn again (Fedus et al., "Switch Transformers", 2021, section
/// 2.4). `deviation` is that of the untruncated distribution.
Initializer truncated_normal(float deviation);
/// Uniform in [-bound, bound).
Initializer uniform(float bound);
/// Uniform in +-factor/sqrt(inputs): the usual start of a linear layer (Kaiming uniform with a = sqrt 5).
Initializer fan_in(std::int64_t inputs, float factor = 1.0f);
/// Uniform in +-gain * sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010, equation 16).
Initializer xavier(std::int64_t inputs, std::int64_t outputs, float gain = 1.0f);

/// The inverse of softplus at numbers that are log-uniform in [minimum, maximum] and at least `floor`: a bias whose
/// softplus is a step size.
Initializer inverse_softplus(float minimum, float maximum, float floor);

}  // namespace initialize
}  // namespace sequent
