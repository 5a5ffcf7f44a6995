#include "sequent/text/chat_template_file.h"

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kTokensMap = "special_tokens_map.json";

json read_if_there(const fs::path& file) {
  return fs::exists(file) ? read_json_object(file.string()) : json::object();
}

// A token is written as its content or as an object with it.
std::optional<std::string> content_of(const json& token) {
  if (token.is_string()) return token.get<std::string>();
  if (token.is_object() && token.contains("content") && token["content"].is_string()) {
    return token["content"].get<std::string>();
  }
  return {};
}

// tokenizer_config.json says it, and special_tokens_map.json what that leaves open.
std::vector<std::pair<std::string, std::string>> tokens_of(const json& config, const json& map) {
  std::vector<std::pair<std::string, std::string>> tokens;
  for (const char* name :
       {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    for (const json* object : {&config, &map}) {
      const auto found = object->find(name);
      const std::optional<std::string> content = found == object->end() ? std::nullopt : content_of(*found);
      if (!content) continue;
      tokens.emplace_back(name, *content);
      break;
    }
  }
  return tokens;
}

std::optional<std::string> template_in(const json& config, const std::string& file) {
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  check(found->is_array(), "{}: chat_template must be a string or a list, got {}", file, found->type_name());
  std::string names;
  for (const json& each : *found) {
    const bool named = each.is_object() && each.contains("name") && each["name"].is_string() &&
                       each.contains("template") && each["template"].is_string();
    check(named, "{}: each chat_template of a list must have a name and a template", file);
    if (each["name"] == "default") return each["template"].get<std::string>();
    names += (names.empty() ? "" : ", ") + each["name"].get<std::string>();
  }
  fail("{}: there is no chat_template called 'default', only: {}", file, names);
}

std::optional<ChatTemplateFile> chat_template_in(const json& config, const json& map, const std::string& name) {
  std::optional<std::string> source = template_in(config, name);
  if (!source) return {};
  return ChatTemplateFile{std::move(*source), name, tokens_of(config, map)};
}

}  // namespace

std::optional<ChatTemplateFile> read_chat_template(const fs::path& directory) {
  const fs::path own = directory / "chat_template.jinja";
  if (fs::exists(own)) return read_chat_template(own, directory);
  const fs::path config_file = directory / "tokenizer_config.json";
  return chat_template_in(read_if_there(config_file), read_if_there(directory / kTokensMap), config_file.string());
}

std::optional<ChatTemplateFile> chat_template_in(const std::string& config, const std::string& name) {
  return chat_template_in(parse_json(config, name), json::object(), name);
}

std::vector<std::pair<std::string, std::string>> special_tokens_in(const std::string& config, const std::string& name) {
  return config.empty() ? std::vector<std::pair<std::string, std::string>>()
                        : tokens_of(parse_json(config, name), json::object());
}

ChatTemplateFile read_chat_template(const fs::path& file, const fs::path& directory) {
  const json config = read_if_there(directory / "tokenizer_config.json");
  return {read_text(file.string()), file.string(), tokens_of(config, read_if_there(directory / kTokensMap))};
}

}  // namespace sequent
