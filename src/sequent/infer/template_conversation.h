// Conversations in the form that a model was trained on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sequent/infer/conversation.h"
#include "sequent/models/model_directory.h"
#include "sequent/text/chat_template.h"

namespace sequent {

/// The form of an answer with which the template, given the messages so far and the answer, shows the text that the
/// model has read and written: some templates put a space before each answer, some leave that to the model. Nothing if
/// none does.
std::optional<std::string> answer_as_shown(const ChatTemplate& chat, std::vector<ChatMessage> messages,
                                           const std::string& written, const std::string& text);

/// Before each answer the whole conversation is rendered. Where that begins with what the model has read and written,
/// which is the rule, the model reads the rest. Where the template shows the last answer otherwise than it was written,
/// the model reads that again, and where it shows anything earlier otherwise, it reads all from the beginning.
class TemplateConversation : public Conversation {
 public:
  /// The model must outlive this. A conversation begins with the system message, if it is not empty.
  TemplateConversation(const LoadedModel& model, Tokenizer tokenizer, ChatTemplate chat, std::string system = "");

  Generation answer(const std::string& message, const GenerateOptions& options,
                    FunctionRef<void(std::string_view)> on_text) override;
  void reset() override;
  void save(const std::string& path) const override;
  void load(const std::string& path) override;
  const Session& session() const override { return now_.session; }

  const std::vector<ChatMessage>& messages() const { return messages_; }

 private:
  /// A session and all the text that it has read.
  struct Place {
    Session session;
    std::string text;
  };

  Place place_before(const std::string& prompt) const;
  std::string text_of(const std::vector<std::int32_t>& tokens, bool special) const;
  void remember(const Generation& result);

  const LoadedModel& model_;
  Tokenizer tokenizer_;
  ChatTemplate template_;
  std::string system_;
  std::vector<ChatMessage> messages_;
  Place now_;
  Place prompted_;  // where the last answer began, if the template does not show it as it was written
};

}  // namespace sequent
