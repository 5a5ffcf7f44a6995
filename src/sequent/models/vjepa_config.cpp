#include "sequent/models/vjepa_config.h"

#include <algorithm>

#include "sequent/base/catalog.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::array<VisionSize, 6> kSizes = {{
    {"tiny", 192, 12, 3, 768},
    {"small", 384, 12, 6, 1536},
    {"base", 768, 12, 12, 3072},
    {"large", 1024, 24, 16, 4096},
    {"huge", 1280, 32, 16, 5120},
    {"giant", 1408, 40, 16, 6144},
}};

}  // namespace

void VJepaConfig::validate() const {
  encoder.validate();
  predictor.validate();
  const std::int64_t head_width = predictor.blocks.width / predictor.blocks.heads;
  check(encoder.positions != VisionPositions::rotary || head_width % 2 == 0,
        "video predictor: rotary positions need an even head width, got {}", head_width);
}

std::span<const VisionSize> vision_sizes() {
  return kSizes;
}

const VisionSize& vision_size(std::string_view name) {
  return find_entry("size of a vision transformer", vision_sizes(), name);
}

const VisionSize* vision_size_of_width(std::int64_t width) {
  const auto found = std::ranges::find(kSizes, width, &VisionSize::width);
  return found == kSizes.end() ? nullptr : &*found;
}

VJepaConfig vjepa_of_size(std::string_view name) {
  const VisionSize& size = vision_size(name);
  VJepaConfig config;
  config.encoder.blocks = {
      .width = size.width, .layers = size.layers, .heads = size.heads, .hidden_width = size.hidden_width};
  config.predictor.blocks = {.width = 384, .layers = 12, .heads = size.heads, .hidden_width = 4 * 384};
  return config;
}

}  // namespace sequent
