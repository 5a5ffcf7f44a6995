#include "sequent/text/chat_template.h"

#include <nlohmann/json.hpp>

namespace sequent {

using Json = nlohmann::ordered_json;

ChatTemplate::ChatTemplate(const ChatTemplateFile& file)
    : template_(JinjaTemplate::parse(file.source, file.name)), tokens_(file.tokens) {}

std::string ChatTemplate::render(std::span<const ChatMessage> messages, bool prompt) const {
  Json list = Json::array();
  for (const ChatMessage& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return render({{"messages", std::move(list)}, {"add_generation_prompt", prompt}});
}

std::string ChatTemplate::render(const Json& variables) const {
  Json all = {{"tools", nullptr}, {"documents", nullptr}, {"add_generation_prompt", false}};
  for (const auto& [name, token] : tokens_) all[name] = token;
  all.update(variables);
  return template_.render(all);
}

}  // namespace sequent
