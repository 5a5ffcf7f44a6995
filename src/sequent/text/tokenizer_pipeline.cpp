#include "sequent/text/tokenizer_pipeline.h"

#include <algorithm>

#include "sequent/base/error.h"

namespace sequent {
namespace {

/// Special tokens of these names separate documents.
constexpr std::string_view kEndsOfText[] = {"<|endoftext|>", "<|end_of_text|>", "</s>"};

/// Whether an added token can be found across a newline, or only by what stands around it.
bool prevents_cut(const AddedToken& token) {
  return token.pattern.find('\n') != std::string::npos || token.left_strip || token.right_strip || token.single_word;
}

}  // namespace

std::string TokenizerPipeline::text_of(std::int32_t id, bool first) const {
  const auto index = static_cast<std::size_t>(id);
  return first && !decoder.byte_level ? decoder.text_of(tokens[index], true) : token_bytes[index];
}

std::int32_t TokenizerPipeline::id_of(std::string_view content) const {
  for (const AddedToken& token : added_tokens.all()) {
    if (token.content == content) return token.id;
  }
  const auto found = std::find(tokens.begin(), tokens.end(), content);
  return found == tokens.end() || content.empty() ? -1 : static_cast<std::int32_t>(found - tokens.begin());
}

void TokenizerPipeline::finish(std::string_view name) {
  for (const AddedToken& token : added_tokens.all()) {
    tokens.resize(std::max(tokens.size(), static_cast<std::size_t>(token.id) + 1));
    tokens[static_cast<std::size_t>(token.id)] = token.content;
  }
  // What a decoder makes of the tokens may be longer than they are, but not without bound.
  std::size_t bytes_left = 32 * file.size() + (std::size_t{1} << 20);
  for (const std::string& token : tokens) {
    token_bytes.push_back(token.empty() ? std::string() : decoder.text_of(token, false));
    check(token_bytes.back().size() <= bytes_left, "{}: the decoder makes the tokens too long", name);
    bytes_left -= token_bytes.back().size();
  }
  special.assign(tokens.size(), false);
  for (const AddedToken& token : added_tokens.all()) {
    const auto id = static_cast<std::size_t>(token.id);
    special[id] = token.special;
    if (decoder.byte_level) token_bytes[id] = token.content;
  }
  for (const std::vector<std::int32_t>* ids : {&prompt.begin, &prompt.end}) {
    for (const std::int32_t id : *ids) {
      check(static_cast<std::size_t>(id) < tokens.size(),
            "{}: the tokens around a prompt must be in the vocabulary, got id {} of {}", name, id, tokens.size());
    }
  }
  for (const std::string_view end : kEndsOfText) {
    for (const AddedToken& token : added_tokens.all()) {
      if (end_of_text < 0 && token.special && token.content == end) end_of_text = token.id;
    }
  }
  const auto& added = added_tokens.all();
  cuts_anywhere = normalizer == nullptr && splitters.empty() && model->keeps_bytes_apart() &&
                  std::all_of(added.begin(), added.end(), [](const AddedToken& token) { return token.special; });
  cuts_before_newline =
      !splitters.empty() && splitters[0]->cuts_before_newline() &&
      (normalizer == nullptr || normalizer->cuts_before_newline()) &&
      std::none_of(splitters.begin(), splitters.end(), [](const auto& splitter) { return splitter->minds_first(); }) &&
      std::none_of(added.begin(), added.end(),
                   [](const AddedToken& token) { return !token.special && prevents_cut(token); });
}

}  // namespace sequent
