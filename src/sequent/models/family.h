// A published family is a table: how its config.json becomes a configuration, how its tensors are called, and what
// shape a model of a given size has.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "sequent/models/config.h"

namespace sequent {

/// One tensor under two names. "{}" stands for the layer, and at the end for whatever follows.
struct NameRule {
  enum class Layout : std::uint8_t {
    same,
    depthwise,  // ours [channels, taps], published [channels, 1, taps]
  };
  std::string_view ours;
  std::string_view published;
  Layout layout = Layout::same;
};

/// What a user may ask of a new model; 0 leaves it to the preset.
struct Dimensions {
  std::int64_t parameters = 0;  // aim for about this many
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;
  std::int64_t feed_forward = 0;
  std::int64_t state = 0;
  std::int64_t vocabulary = 0;  // required
  std::int64_t context = 0;
  std::int64_t end_of_text = -1;
};

struct Family {
  std::string_view name;        // of --arch
  std::string_view model_type;  // in config.json
  std::string_view help;
  LanguageModelConfig (*preset)(const Dimensions&);
  LanguageModelConfig (*read)(const nlohmann::json& config);
  nlohmann::json (*write)(const LanguageModelConfig&);
  /// Where two rules have the same name of ours, either published name is read and the first is written.
  std::span<const NameRule> names;
};

extern const Family kTransformer;
extern const Family kMamba;

/// All families. To add one: its file, and a line here.
std::span<const Family* const> families();
/// By the name of --arch; an unknown one is an Error that lists the known ones.
const Family& family(std::string_view name);
/// By the "model_type" of a config.json; an unknown one is an Error that lists the known ones.
const Family& family_of_model_type(std::string_view model_type);

/// The configuration of a new model of this family, at the sizes asked for or near the number of parameters asked for.
LanguageModelConfig new_model_config(const Family& family, const Dimensions& dimensions);

}  // namespace sequent
