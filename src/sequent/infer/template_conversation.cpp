#include "sequent/infer/template_conversation.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/base/stopwatch.h"
#include "sequent/infer/state_file.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

std::string stripped(const std::string& text) {
  constexpr const char* kSpace = " \t\n\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// The tokens of a text that goes on: what some tokenizers put behind one would end the conversation.
std::vector<std::int32_t> beginning(const Tokenizer& tokenizer, const std::string& text) {
  const std::vector<std::int32_t> plain = tokenizer.encode(text, true);
  std::vector<std::int32_t> ids = tokenizer.encode_prompt(text, true);
  const auto begin = std::search(ids.begin(), ids.end(), plain.begin(), plain.end());
  ids.erase(begin + static_cast<std::ptrdiff_t>(plain.size()), ids.end());
  return ids;
}

// What is saved beside a session.
std::string note_of(const std::vector<ChatMessage>& messages, const std::string& text) {
  nlohmann::json list = nlohmann::json::array();
  for (const ChatMessage& message : messages) {
    list.push_back({{"role", message.role}, {"content", valid_utf8(message.content)}});
  }
  return nlohmann::json({{"messages", list}, {"text", valid_utf8(text)}}).dump();
}

}  // namespace

std::optional<std::string> answer_as_shown(const ChatTemplate& chat, std::vector<ChatMessage> messages,
                                           const std::string& written, const std::string& text) {
  messages.push_back({"assistant", ""});
  for (const std::string& form : {written, stripped(written)}) {
    messages.back().content = form;
    try {
      if (chat.render(messages, false).starts_with(text)) return form;
    } catch (const Error&) {
      // It will be refused again, and reported, when there is something to answer.
    }
  }
  return {};
}

TemplateConversation::TemplateConversation(const LoadedModel& model, Tokenizer tokenizer, ChatTemplate chat,
                                           std::string system)
    : model_(model),
      tokenizer_(std::move(tokenizer)),
      template_(std::move(chat)),
      system_(std::move(system)),
      now_{Session(*model.model), ""},
      prompted_{Session(*model.model), ""} {
  reset();
}

void TemplateConversation::reset() {
  messages_.clear();
  if (!system_.empty()) messages_.push_back({"system", system_});
  now_ = prompted_ = {Session(*model_.model), ""};
}

// The place from which the prompt goes on.
TemplateConversation::Place TemplateConversation::place_before(const std::string& prompt) const {
  for (const Place* place : {&now_, &prompted_}) {
    if (!place->text.empty() && prompt.starts_with(place->text)) return *place;
  }
  return {Session(*model_.model), ""};
}

// The text of tokens that do not begin a text: some tokenizers decode those without their space. Models may have more
// output rows than the tokenizer has tokens; those stand for no text.
std::string TemplateConversation::text_of(const std::vector<std::int32_t>& tokens, bool special) const {
  std::string text;
  for (const std::int32_t id : tokens) {
    const bool shown = id < tokenizer_.vocabulary_size() && (special || !tokenizer_.is_special(id));
    if (shown) text += tokenizer_.token_bytes(id);
  }
  return text;
}

Generation TemplateConversation::answer(const std::string& message, const GenerateOptions& options,
                                        FunctionRef<void(std::string_view)> on_text) {
  std::vector<ChatMessage> messages = messages_;
  messages.push_back({"user", message});
  const std::string prompt = template_.render(messages, true);
  Place next = place_before(prompt);
  const std::vector<std::int32_t> ids =
      next.text.empty() ? beginning(tokenizer_, prompt) : tokenizer_.encode(prompt.substr(next.text.size()), true);
  const Stopwatch reading;
  if (!ids.empty()) next.session.feed(ids);
  const double seconds = reading.seconds();
  next.text = prompt;
  prompted_ = next;
  Generation result = generate(next.session, tokenizer_, {}, options, on_text);
  result.prompt_tokens = static_cast<std::int64_t>(ids.size());
  result.prefill_seconds = seconds;
  next.text += text_of(result.tokens, true);
  now_ = std::move(next);
  messages_ = std::move(messages);
  remember(result);
  return result;
}

void TemplateConversation::remember(const Generation& result) {
  const bool whole = result.reason != StopReason::stop_string;
  const std::string written = whole ? text_of(result.tokens, false) : result.text;
  const std::optional<std::string> shown = answer_as_shown(template_, messages_, written, now_.text);
  messages_.push_back({"assistant", shown.value_or(written)});
  if (shown) prompted_ = {Session(*model_.model), ""};
}

void TemplateConversation::save(const std::string& path) const {
  save_session(path, model_, now_.session, note_of(messages_, now_.text));
}

void TemplateConversation::load(const std::string& path) {
  std::string note;
  Session session = load_session(path, model_, &note);
  check(!note.empty(), "state: {} holds no conversation with a chat template", path);
  try {
    const nlohmann::json json = parse_json(note, path);
    std::vector<ChatMessage> messages;
    for (const nlohmann::json& each : json.at("messages")) messages.push_back({each.at("role"), each.at("content")});
    now_ = {std::move(session), json.at("text")};
    messages_ = std::move(messages);
  } catch (const nlohmann::json::exception&) {
    fail("state: {} holds no conversation with a chat template", path);
  }
  prompted_ = {Session(*model_.model), ""};
}

}  // namespace sequent
