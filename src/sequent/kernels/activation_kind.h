// The pointwise non-linearities, named once for kernels, ops and configurations.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sequent {

enum class Activation : std::uint8_t {
  identity,
  silu,       // x * sigmoid(x)
  gelu,       // x * Phi(x), with the exact normal distribution function (Hendrycks and Gimpel, 2016)
  gelu_tanh,  // its tanh approximation, "gelu_new" in published configurations
  relu,
};

inline constexpr std::array<std::string_view, 5> kActivationNames = {"identity", "silu", "gelu", "gelu_tanh", "relu"};

}  // namespace sequent
