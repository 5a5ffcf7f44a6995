// Kinds of models that can be made anew, named after their papers: which blocks, at which sizes.
#pragma once

#include <span>
#include <string_view>

#include "sequent/models/dimensions.h"

namespace sequent {

struct Architecture {
  std::string_view name;  // of --arch
  std::string_view help;
  LanguageModelConfig (*preset)(const Dimensions&);
};

/// All architectures. To add one: a function and a line in architecture.cpp.
std::span<const Architecture> architectures();
/// By the name of --arch; an unknown one is an Error that lists the known ones.
const Architecture& architecture(std::string_view name);

/// The configuration of a new model of this architecture, at the sizes asked for or near the number of parameters
/// asked for.
LanguageModelConfig new_model_config(std::string_view architecture, const Dimensions& dimensions);

}  // namespace sequent
