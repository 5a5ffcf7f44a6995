// A V-JEPA small enough for tests: clips of 2 x 2 x 3 tokens.
#pragma once

#include "sequent/models/vjepa.h"
#include "tests/support/values.h"

namespace sequent::test {

inline VJepaConfig small_vjepa() {
  VJepaConfig config;
  config.encoder.blocks = {.width = 24, .layers = 2, .heads = 2, .hidden_width = 40, .weight_deviation = 0.2f};
  config.encoder.tubelet = {.frames = 2, .patch = 4};
  config.encoder.frames = 4;
  config.encoder.image_size = 8;
  config.predictor.blocks = {.width = 12, .layers = 1, .heads = 2, .hidden_width = 20, .weight_deviation = 0.2f};
  config.predictor.zero_mask_tokens = false;
  return config;
}

/// Clips of 4 frames of 8 by 12: another grid than the model is made for.
inline Tensor small_clips(std::int64_t count) {
  return to_tensor(random_values(count * 3 * 4 * 8 * 12, "clips"), {count, 3, 4, 8, 12});
}

inline constexpr TokenGrid kSmallGrid = {2, 2, 3};

/// Two generators over two clips, every set of another size.
inline std::vector<MaskPair> small_masks() {
  return {{.context = {.ids = {0, 5, 7, 2, 3, 4, 11}, .segments = Segments({0, 3, 7})},
           .target = {.ids = {1, 2, 3, 4, 6, 0, 1}, .segments = Segments({0, 5, 7})}},
          {.context = {.ids = {9, 1, 2}, .segments = Segments({0, 1, 3})},
           .target = {.ids = {0, 8, 3, 4, 5, 6, 7, 10}, .segments = Segments({0, 2, 8})}}};
}

}  // namespace sequent::test
