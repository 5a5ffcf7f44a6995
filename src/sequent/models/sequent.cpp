// Our own layout, for models that no published one holds: config.json is the configuration itself, every field under
// its name, and the tensors have the names of our parameters.
#include <array>
#include <string>

#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr const char* kModelType = "sequent";
constexpr std::int64_t kVersion = 1;

constexpr std::array<NameRule, 1> kNames = {{{"{}", "{}"}}};

LanguageModelConfig read(const Json& json) {
  const auto version = field<std::int64_t>(json, "version");
  check(version == kVersion, "config.json: version must be {}, got {}", kVersion, version);
  LanguageModelConfig config;
  config.blocks = parse_pattern(field<std::string>(json, "pattern"));
  Json rest = json;
  for (const char* key : {"model_type", "version", "pattern"}) rest.erase(key);
  // The groups have an object each; what is left over then are the fields of the model itself.
  for (const FieldGroup& group : field_groups(config)) {
    if (group.name.empty()) continue;
    const std::string name(group.name);
    read_fields(field<Json>(rest, name.c_str()), group.fields);
    rest.erase(name);
  }
  read_fields(rest, config.fields());
  return config;
}

Json write(const LanguageModelConfig& original) {
  LanguageModelConfig config = original;
  Json json = json_of(config.fields());
  json["model_type"] = kModelType;
  json["version"] = kVersion;
  json["pattern"] = format_pattern(config.blocks);
  for (const FieldGroup& group : field_groups(config)) {
    if (!group.name.empty()) json[std::string(group.name)] = json_of(group.fields);
  }
  return json;
}

}  // namespace

const Layout kSequent = {kModelType, read, write, kNames};

}  // namespace sequent
