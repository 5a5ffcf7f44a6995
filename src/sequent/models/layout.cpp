#include "sequent/models/layout.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"
#include "sequent/models/json_fields.h"

namespace sequent {
namespace {

constexpr std::array kLayouts = {&kLlama,
                                 &kMistral,
                                 &kQwen2,
                                 &kMixtral,
                                 &kGpt2,
                                 &kMamba,
                                 &kFalconMamba,
                                 &kMamba2,
                                 &kJamba,
                                 &kRetNet,
                                 &kTorchscaleRetNet,
                                 &kMambaStateSpaces,
                                 &kMamba2StateSpaces,
                                 &kSequent};

}  // namespace

std::span<const Layout* const> layouts() {
  return kLayouts;
}

const Layout& layout_of_model_type(std::string_view model_type) {
  std::string known;
  for (const Layout* layout : kLayouts) {
    if (layout->model_type == model_type) return *layout;
    known += (known.empty() ? "" : ", ") + std::string(layout->model_type);
  }
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) {
    known += ", " + std::string(family->model_type);
  }
  fail("model_type: there is no '{}'; known are {}", model_type, known);
}

const Layout& layout_of_config(const nlohmann::json& config) {
  for (const Layout* layout : kLayouts) {
    if (layout->recognizes && layout->recognizes(config)) return *layout;
  }
  return layout_of_model_type(field<std::string>(config, "model_type"));
}

bool holds(const Layout& layout, const LanguageModelConfig& config) {
  try {
    return same_function(layout.read(layout.write(config)), config);
  } catch (const Error&) {
    return false;
  }
}

const Layout& layout_for(const LanguageModelConfig& config) {
  for (const Layout* layout : kLayouts) {
    if (holds(*layout, config)) return *layout;
  }
  fail("model: no layout holds this configuration");
}

}  // namespace sequent
