#include "sequent/train/objective.h"

#include <algorithm>
#include <array>
#include <string>

#include "sequent/base/catalog.h"
#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_directory.h"
#include "sequent/models/model_directory.h"
#include "sequent/train/language_model_task.h"
#include "sequent/train/span_corruption_task.h"

namespace sequent {
namespace {

template <class Task>
std::unique_ptr<TrainingTask> make(const TrainConfig& config, const std::filesystem::path& checkpoint) {
  return std::make_unique<Task>(config, checkpoint);
}

constexpr std::array<Objective, 2> kObjectives = {{
    {"causal", "every token from those before it", make<LanguageModelTask>},
    {"span-corruption", "what was cut out of a text, for encoder-decoders", make<SpanCorruptionTask>},
}};

// The architectures of both kinds of models are asked for by one name.
void check_architecture(const std::string& name) {
  if (find_encoder_decoder_family(name)) return;
  std::string known = names_of(architectures());
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) known += ", " + std::string(family->name);
  const auto same = [&](const Architecture& entry) { return entry.name == name; };
  check(std::any_of(architectures().begin(), architectures().end(), same),
        "architecture: there is no '{}'; known are {}", name, known);
}

std::string_view objective_of_model(const TrainConfig& config) {
  const bool encoder_decoder = config.init_from.empty() ? find_encoder_decoder_family(config.arch) != nullptr
                                                        : holds_encoder_decoder(find_model_directory(config.init_from));
  return encoder_decoder ? "span-corruption" : "causal";
}

}  // namespace

std::span<const Objective> objectives() {
  return kObjectives;
}

const Objective& objective_of(const TrainConfig& config) {
  if (config.init_from.empty()) check_architecture(config.arch);
  const std::string_view possible = objective_of_model(config);
  const Objective& asked =
      find_entry("objective", objectives(), config.objective.empty() ? possible : std::string_view(config.objective));
  check(asked.name == possible, "objective: {} cannot be trained for {}, but for {}",
        config.init_from.empty() ? config.arch : config.init_from, asked.name, possible);
  return asked;
}

}  // namespace sequent
