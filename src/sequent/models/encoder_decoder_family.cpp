#include "sequent/models/encoder_decoder_family.h"

#include <algorithm>
#include <array>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder.h"
#include "sequent/models/nearest_size.h"

namespace sequent {
namespace {

constexpr std::array<const EncoderDecoderFamily*, 2> kFamilies = {&kT5, &kSwitchTransformers};

const EncoderDecoderFamily* find(std::string_view EncoderDecoderFamily::*key, std::string_view value) {
  const auto found =
      std::find_if(kFamilies.begin(), kFamilies.end(), [&](const auto* entry) { return entry->*key == value; });
  return found == kFamilies.end() ? nullptr : *found;
}

}  // namespace

std::span<const EncoderDecoderFamily* const> encoder_decoder_families() {
  return kFamilies;
}

const EncoderDecoderFamily* find_encoder_decoder_family(std::string_view name) {
  return find(&EncoderDecoderFamily::name, name);
}

const EncoderDecoderFamily* find_encoder_decoder_family_of(std::string_view model_type) {
  return find(&EncoderDecoderFamily::model_type, model_type);
}

EncoderDecoderConfig new_encoder_decoder_config(const EncoderDecoderFamily& family, const Dimensions& dimensions) {
  return config_of_nearest_size(dimensions, family.preset,
                                [](const EncoderDecoderConfig& config) { return count_parameters(config); });
}

}  // namespace sequent
