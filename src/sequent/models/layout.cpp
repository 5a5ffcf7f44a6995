#include "sequent/models/layout.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::array kLayouts = {&kLlama, &kMistral, &kMixtral,          &kMamba,  &kMamba2,
                                 &kJamba, &kRetNet,  &kTorchscaleRetNet, &kSequent};

bool holds(const Layout& layout, const LanguageModelConfig& config) {
  try {
    return same_function(layout.read(layout.write(config)), config);
  } catch (const Error&) {
    return false;
  }
}

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
  fail("model_type: there is no '{}'; known are {}", model_type, known);
}

const Layout& layout_for(const LanguageModelConfig& config) {
  for (const Layout* layout : kLayouts) {
    if (holds(*layout, config)) return *layout;
  }
  fail("model: no layout holds this configuration");
}

}  // namespace sequent
