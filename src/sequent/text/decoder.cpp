#include "sequent/text/decoder.h"

#include "sequent/text/byte_characters.h"
#include "sequent/text/byte_pieces.h"
#include "sequent/text/metaspace_splitter.h"

namespace sequent {
namespace {

std::string replace_all(std::string_view text, std::string_view what, std::string_view content) {
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at = done) {
    result += text.substr(done, at - done);
    result += content;
    done = at + what.size();
  }
  return result += text.substr(done);
}

}  // namespace

std::string Decoder::text_of(std::string_view token, bool first) const {
  std::string text(token);
  for (const auto& step : token_steps) step->apply(text, first);
  return text;
}

DecoderRun::DecoderRun(const Decoder& decoder, bool begins)
    : decoder_(decoder), first_(begins), waits_for_end_(!decoder.text_steps.empty()) {
  if (decoder.text_steps.size() != 1) return;
  std::tie(removed_, removals_left_) = decoder.text_steps[0]->removed_from_begin();
  waits_for_end_ = removed_.empty();
  if (!begins) removals_left_ = 0;
}

std::string DecoderRun::push(std::string_view token_text) {
  if (!decoder_.first_until_text || !token_text.empty()) first_ = false;
  if (waits_for_end_ || removals_left_ > 0) {
    waiting_ += token_text;
    if (waits_for_end_) return {};
    while (removals_left_ > 0 && waiting_.starts_with(removed_)) {
      waiting_.erase(0, removed_.size());
      --removals_left_;
    }
    // Part of what is removed may be there, and the rest come with the next token.
    if (removals_left_ > 0 && removed_.starts_with(waiting_)) return {};
    removals_left_ = 0;
    return std::exchange(waiting_, {});
  }
  return std::string(token_text);
}

std::string DecoderRun::finish() {
  std::string rest = std::exchange(waiting_, {});
  if (!waits_for_end_) return rest;
  for (const auto& step : decoder_.text_steps) step->apply(rest, true);
  return rest;
}

void ByteLevelStep::apply(std::string& token, bool) const {
  if (auto bytes = characters_to_bytes(token)) token = *std::move(bytes);
}

void MetaspaceStep::apply(std::string& token, bool first) const {
  token = replace_all(token, replacement_, first && prepended_ ? "" : " ");
}

void ByteFallbackStep::apply(std::string& token, bool) const {
  if (const auto byte = byte_of_piece(token)) token.assign(1, *byte);
}

void StripStep::apply(std::string& token, bool) const {
  std::string_view rest = token;
  for (std::int64_t i = 0; i < start_ && rest.starts_with(character_); ++i) rest.remove_prefix(character_.size());
  for (std::int64_t i = 0; i < stop_ && rest.ends_with(character_); ++i) rest.remove_suffix(character_.size());
  token = std::string(rest);
}

std::pair<std::string_view, std::int64_t> StripStep::removed_from_begin() const {
  if (stop_ > 0) return {{}, 0};
  return {character_, start_};
}

void ReplaceStep::apply(std::string& token, bool) const {
  bool unused = true;
  token = replacement_.apply(token, unused);
}

void SpaceBetweenStep::apply(std::string& token, bool first) const {
  if (!first) token.insert(token.begin(), ' ');
}

void SentencePieceStep::apply(std::string& token, bool first) const {
  std::string_view rest = token;
  if (first && strip_ && rest.starts_with(kMetaspace)) rest.remove_prefix(kMetaspace.size());
  token = replace_all(rest, kMetaspace, " ");
}

}  // namespace sequent
