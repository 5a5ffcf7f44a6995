#include "sequent/models/config.h"

#include <algorithm>

#include "sequent/base/error.h"

namespace sequent {

std::vector<BlockConfig> repeated(const BlockConfig& block, std::int64_t count) {
  check(count <= kMaximumLayers, "model: there must be at most {} layers, got {}", kMaximumLayers, count);
  return std::vector<BlockConfig>(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), block);
}

std::vector<Field> LanguageModelConfig::fields() {
  return {{"vocabulary", &vocabulary},
          {"width", &width},
          {"norm", choice(norm, kNormNames)},
          {"norm_epsilon", &norm_epsilon},
          {"tied", &tied},
          {"positions", &positions},
          {"embedding_scale", &embedding_scale},
          {"end_of_text", &end_of_text},
          descriptive("embedding_deviation", &embedding_deviation),
          descriptive("context", &context),
          descriptive("architecture", &architecture)};
}

std::vector<FieldGroup> field_groups(LanguageModelConfig& config) {
  const auto any = [&](auto&& of_block) { return std::any_of(config.blocks.begin(), config.blocks.end(), of_block); };
  std::vector<FieldGroup> groups = {{"", config.fields()}};
  for (const MixerEntry& entry : mixers()) {
    if (any([&](const BlockConfig& block) { return block.mixer == entry.name; })) {
      groups.push_back({entry.name, entry.fields(config.mixers)});
    }
  }
  if (any([](const BlockConfig& block) { return block.channel_mixer != "none"; })) {
    groups.push_back({"channel_mixer", config.channel_mixer.fields()});
  }
  if (any([](const BlockConfig& block) { return block.channel_mixer == "moe"; })) {
    groups.push_back({"mixture", config.channel_mixer.mixture.fields()});
  }
  return groups;
}

bool same_function(LanguageModelConfig a, LanguageModelConfig b) {
  if (a.blocks != b.blocks) return false;
  // The same blocks have the same groups of the same fields.
  const std::vector<FieldGroup> groups_a = field_groups(a);
  const std::vector<FieldGroup> groups_b = field_groups(b);
  for (std::size_t group = 0; group < groups_a.size(); ++group) {
    for (std::size_t i = 0; i < groups_a[group].fields.size(); ++i) {
      const Field& field = groups_a[group].fields[i];
      if (!field.descriptive && field_text(field) != field_text(groups_b[group].fields[i])) return false;
    }
  }
  return true;
}

void validate(const LanguageModelConfig& config) {
  expect_positive("vocabulary", config.vocabulary);
  expect_positive("width", config.width);
  expect_positive("the number of layers", static_cast<std::int64_t>(config.blocks.size()));
  check(config.positions >= 0, "model: the number of learned positions must not be negative, got {}", config.positions);
  check(config.end_of_text < config.vocabulary, "model: end-of-text token {} is outside the vocabulary of {}",
        config.end_of_text, config.vocabulary);
  for (const BlockConfig& block : config.blocks) {
    mixer(block.mixer).validate(config.mixers);
    if (channel_mixer(block.channel_mixer).name != "none") config.channel_mixer.validate();
    if (block.channel_mixer == "moe") config.channel_mixer.mixture.validate();
  }
}

}  // namespace sequent
