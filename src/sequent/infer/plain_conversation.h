// Conversations with models that have no chat template.
#pragma once

#include "sequent/infer/conversation.h"
#include "sequent/models/model_directory.h"

namespace sequent {

/// Each message is given to the model as "User: MESSAGE", a new line and "Assistant:"; its answer ends where it writes
/// a new line and "User:".
class PlainConversation : public Conversation {
 public:
  /// The model must outlive this.
  PlainConversation(const LoadedModel& model, Tokenizer tokenizer);

  Generation answer(const std::string& message, const GenerateOptions& options,
                    FunctionRef<void(std::string_view)> on_text) override;
  void reset() override { session_.reset(); }
  void save(const std::string& path) const override;
  void load(const std::string& path) override;
  const Session& session() const override { return session_; }

 private:
  const LoadedModel& model_;
  Tokenizer tokenizer_;
  Session session_;
};

}  // namespace sequent
