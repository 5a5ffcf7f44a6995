// Rotary positions beyond the length a model was first trained for: slower turns, so that far positions look like near
// ones.
#pragma once

#include <cstdint>
#include <vector>

#include "sequent/base/fields.h"

namespace sequent {

struct RotaryScaling {
  /// How frequencies theta, of wavelength w = 2 pi / theta, become slower:
  enum class Kind : std::uint8_t {
    none,
    linear,  // theta / factor: positions interpolated (Chen et al., "Extending context window...", 2023, equation 4)
    /// Wavelengths over original_context / low_frequency_factor are divided by `factor`, those under original_context /
    /// high_frequency_factor are kept, and in between theta goes from one to the other (Llama 3.1, 2024).
    llama3,
    /// The same with a ramp over the pairs, between those that turn beta_fast and beta_slow times within
    /// original_context, and with all scores multiplied (Peng et al., "YaRN", 2023, equations 18, 22 and 23).
    yarn,
  };
  Kind kind = Kind::none;
  float factor = 1.0f;
  std::int64_t original_context = 0;  // tokens
  float low_frequency_factor = 1.0f;
  float high_frequency_factor = 4.0f;
  float beta_fast = 32.0f;
  float beta_slow = 1.0f;
  float attention_factor = 0.0f;  // yarn, on rotated queries and on keys; 0: 0.1 log(factor) + 1

  bool operator==(const RotaryScaling&) const = default;

  std::vector<Field> fields();
  void validate() const;

  /// On the product of a rotated query and a rotated key.
  double score_factor() const;
};

/// Radians per position of the pairs j < width / 2 of a head: base^(-2j/width), scaled.
std::vector<double> rotary_frequencies(double base, std::int64_t width, const RotaryScaling& scaling = {});

}  // namespace sequent
