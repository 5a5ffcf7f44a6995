#include "sequent/infer/plain_conversation.h"

#include <fmt/format.h>

#include <utility>

#include "sequent/infer/state_file.h"

namespace sequent {
namespace {

constexpr const char* kUser = "User:";
constexpr const char* kAssistant = "Assistant:";

}  // namespace

PlainConversation::PlainConversation(const LoadedModel& model, Tokenizer tokenizer)
    : model_(model), tokenizer_(std::move(tokenizer)), session_(*model.model) {}

Generation PlainConversation::answer(const std::string& message, const GenerateOptions& options,
                                     FunctionRef<void(std::string_view)> on_text) {
  GenerateOptions ending = options;
  ending.stop.push_back(std::string("\n") + kUser);
  const std::string prompt =
      fmt::format("{}{} {}\n{}", session_.position() > 0 ? "\n" : "", kUser, message, kAssistant);
  const Session before = session_;
  const auto encode = [&](const std::string& text) {
    return before.position() > 0 ? tokenizer_.encode(text) : tokenizer_.encode_prompt(text);
  };
  Generation result = generate(session_, tokenizer_, encode(prompt), ending, on_text);
  if (result.reason == StopReason::stop_string) {
    // The model has begun the user's next turn. It must not remember that, so it reads its answer again.
    session_ = before;
    session_.feed(encode(prompt + result.text));
  }
  return result;
}

void PlainConversation::save(const std::string& path) const {
  save_session(path, model_, session_);
}

void PlainConversation::load(const std::string& path) {
  session_ = load_session(path, model_);
}

}  // namespace sequent
