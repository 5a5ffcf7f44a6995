#include "sequent/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "sequent/text/character_kind.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

/// The character that ends at text[end]; code point -1 if there is none that is valid.
Utf8Character character_before(std::string_view text, std::size_t end) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, end); ++length) {
    const Utf8Character character = utf8_character(text.substr(0, end), end - length);
    if (character.code_point >= 0 && static_cast<std::size_t>(character.length) == length) return character;
  }
  return {-1, 1};
}

bool touches_word(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin > 0 && is_word_character(character_before(text, begin).code_point)) ||
         (end < text.size() && is_word_character(utf8_character(text, end).code_point));
}

std::size_t skip_space_back(std::string_view text, std::size_t at, std::size_t begin) {
  while (at > begin) {
    const Utf8Character character = character_before(text, at);
    if (character_kind(character.code_point) != CharacterKind::space) break;
    at -= static_cast<std::size_t>(character.length);
  }
  return at;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Utf8Character character = utf8_character(text, at);
    if (character_kind(character.code_point) != CharacterKind::space) break;
    at += static_cast<std::size_t>(character.length);
  }
  return at;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    AddedToken& token = tokens_[i];
    if (token.pattern.empty()) token.pattern = token.content;
    if (token.pattern.empty()) continue;
    starting_with_[static_cast<unsigned char>(token.pattern[0])].push_back(static_cast<std::int32_t>(i));
  }
  for (auto& indices : starting_with_) {
    std::stable_sort(indices.begin(), indices.end(), [&](std::int32_t a, std::int32_t b) {
      return tokens_[static_cast<std::size_t>(a)].pattern.size() > tokens_[static_cast<std::size_t>(b)].pattern.size();
    });
  }
}

const AddedToken* AddedTokens::match(std::string_view text, std::size_t at, bool normalized, bool special) const {
  for (const std::int32_t index : starting_with_[static_cast<unsigned char>(text[at])]) {
    const AddedToken& token = tokens_[static_cast<std::size_t>(index)];
    if (token.normalized != normalized || (token.special && !special)) continue;
    if (text.substr(at).starts_with(token.pattern)) return &token;
  }
  return nullptr;
}

void AddedTokens::split(std::string_view text, bool normalized, bool special, FunctionRef<void(std::string_view)> plain,
                        FunctionRef<void(std::int32_t)> token) const {
  const bool any = std::any_of(tokens_.begin(), tokens_.end(), [&](const AddedToken& candidate) {
    return candidate.normalized == normalized && (special || !candidate.special);
  });
  std::size_t done = 0;  // white space that a token has taken along is done, but may hold another token
  for (std::size_t at = 0; any && at < text.size();) {
    const AddedToken* found = match(text, at, normalized, special);
    if (found == nullptr) {
      ++at;
      continue;
    }
    const std::size_t end = at + found->pattern.size();
    if (!found->single_word || !touches_word(text, at, end)) {
      const std::size_t begin = found->left_strip ? std::max(done, skip_space_back(text, at, done)) : at;
      if (begin > done) plain(text.substr(done, begin - done));
      token(found->id);
      // What the token before has taken along is white space up to `done`.
      done = found->right_strip ? skip_space(text, std::max(done, end)) : end;
    }
    at = end;
  }
  if (done < text.size()) plain(text.substr(done));
}

}  // namespace sequent
