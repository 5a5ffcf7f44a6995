// Where model directories keep their chat template: chat_template.jinja, or "chat_template" in tokenizer_config.json,
// which is a string or a list of named ones.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sequent {

struct ChatTemplateFile {
  std::string source;
  std::string name;  // of the file, for error messages
  /// Names and contents of special tokens: "bos_token", "eos_token", ...
  std::vector<std::pair<std::string, std::string>> tokens;
};

/// The template of a directory: the file of its own, else the one string, else that called "default". Nothing if there
/// is none; a list without "default" is an Error that names those it has.
std::optional<ChatTemplateFile> read_chat_template(const std::filesystem::path& directory);

/// The template and the special tokens in the content of a tokenizer_config.json; `name` stands in front of errors.
std::optional<ChatTemplateFile> chat_template_in(const std::string& config, const std::string& name);

/// The special tokens alone; empty content: there are none.
std::vector<std::pair<std::string, std::string>> special_tokens_in(const std::string& config, const std::string& name);

/// A template from elsewhere, with the special tokens of the directory.
ChatTemplateFile read_chat_template(const std::filesystem::path& file, const std::filesystem::path& directory);

}  // namespace sequent
