// Conversations as a model reads them: the template that comes with it, and what that template is given.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sequent/text/chat_template_file.h"
#include "sequent/text/jinja_template.h"

namespace sequent {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

class ChatTemplate {
 public:
  explicit ChatTemplate(const ChatTemplateFile& file);

  /// The conversation as text, its special tokens spelled out. `prompt`: followed by what begins an answer. What the
  /// template refuses, and what it asks for that is not supported, is an Error with its file and line.
  std::string render(std::span<const ChatMessage> messages, bool prompt) const;

  /// The same with all that a template may be given: "messages", and, as the template defines, "tools", "documents",
  /// "add_generation_prompt" and others. Tools and documents that are not given are null, and special tokens have the
  /// names under which the model's files have them ("bos_token").
  std::string render(const nlohmann::ordered_json& variables) const;

 private:
  JinjaTemplate template_;
  std::vector<std::pair<std::string, std::string>> tokens_;
};

}  // namespace sequent
