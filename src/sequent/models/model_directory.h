// Models on disk, in the manner of Hugging Face: config.json, generation_config.json, model.safetensors.
#pragma once

#include <filesystem>
#include <memory>

#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"

namespace sequent {

struct LoadedModel {
  const Layout* layout;
  std::unique_ptr<LanguageModel> model;
};

/// The directory that holds the model `path` means: itself, or the best (else the latest) checkpoint of a run
/// directory; a GGUF file is itself. Anything else is an Error that says what was looked for.
std::filesystem::path find_model_directory(const std::filesystem::path& path);

/// The layout and configuration in the directory's config.json; of a GGUF file, the layout it would be saved in.
struct ModelDescription {
  const Layout* layout;
  LanguageModelConfig config;
};
ModelDescription read_model_description(const std::filesystem::path& directory);
/// The same of a config.json by itself, whatever it is called.
ModelDescription read_config_file(const std::filesystem::path& file);

/// Opens a model directory or GGUF file. Weights are mapped, not copied, where they are float32 and, matrices, in any
/// type. An unknown tensor, a missing one or one of a wrong shape is an Error that names it.
LoadedModel load_model(const std::filesystem::path& directory);

/// Writes the three files into an existing directory, in the model's layout_for().
void save_model(const std::filesystem::path& directory, const LanguageModel& model);
/// The same in a layout of one's choice, which may lose what it has no place for, and with the large matrices in a type
/// of one's choice: f32, f16 or bf16.
void save_model(const std::filesystem::path& directory, const LanguageModel& model, const Layout& layout,
                DType dtype = DType::f32);

}  // namespace sequent
