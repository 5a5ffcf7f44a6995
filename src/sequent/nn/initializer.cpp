#include "sequent/nn/initializer.h"

#include <algorithm>
#include <cmath>

namespace sequent::initialize {

Initializer constant(float value) {
  return
      [value](const Tensor& values, const Random&) { std::fill_n(values.mutable_floats(), values.elements(), value); };
}

Initializer normal(float deviation) {
  return [deviation](const Tensor& values, const Random& random) {
    float* to = values.mutable_floats();
    for (std::int64_t i = 0; i < values.elements(); ++i)
      to[i] = deviation * random.normal(static_cast<std::uint64_t>(i));
  };
}

Initializer truncated_normal(float deviation) {
  return [deviation](const Tensor& values, const Random& random) {
    float* to = values.mutable_floats();
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      auto counter = static_cast<std::uint64_t>(i);
      float drawn = random.normal(counter);
      while (std::abs(drawn) > 2.0f) drawn = random.normal(counter += static_cast<std::uint64_t>(values.elements()));
      to[i] = deviation * drawn;
    }
  };
}

Initializer uniform(float bound) {
  return [bound](const Tensor& values, const Random& random) {
    float* to = values.mutable_floats();
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      to[i] = bound * (2.0f * random.uniform(static_cast<std::uint64_t>(i)) - 1.0f);
    }
  };
}

Initializer fan_in(std::int64_t inputs, float factor) {
  return uniform(factor / std::sqrt(static_cast<float>(std::max<std::int64_t>(inputs, 1))));
}

// b = d + ln(1 - e^-d) inverts softplus(b) = d.
Initializer inverse_softplus(float minimum, float maximum, float floor) {
  return [minimum, maximum, floor](const Tensor& values, const Random& random) {
    const double low = std::log(minimum);
    const double high = std::log(maximum);
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      const double u = random.uniform(static_cast<std::uint64_t>(i));
      const double d = std::max(std::exp(low + u * (high - low)), static_cast<double>(floor));
      values.mutable_floats()[i] = static_cast<float>(d + std::log(-std::expm1(-d)));
    }
  };
}

Initializer xavier(std::int64_t inputs, std::int64_t outputs, float gain) {
  return uniform(gain * std::sqrt(6.0f / static_cast<float>(std::max<std::int64_t>(inputs + outputs, 1))));
}

}  // namespace sequent::initialize
