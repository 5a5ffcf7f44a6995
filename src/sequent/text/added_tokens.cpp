#include "sequent/text/added_tokens.h"

#include <algorithm>
#include <utility>

namespace sequent {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].content.empty()) continue;
    starting_with_[static_cast<unsigned char>(tokens_[i].content[0])].push_back(static_cast<std::int32_t>(i));
  }
  for (auto& indices : starting_with_) {
    std::stable_sort(indices.begin(), indices.end(), [&](std::int32_t a, std::int32_t b) {
      return tokens_[static_cast<std::size_t>(a)].content.size() > tokens_[static_cast<std::size_t>(b)].content.size();
    });
  }
}

const AddedToken* AddedTokens::match(std::string_view text, std::size_t at, bool normalized, bool special) const {
  for (const std::int32_t index : starting_with_[static_cast<unsigned char>(text[at])]) {
    const AddedToken& token = tokens_[static_cast<std::size_t>(index)];
    if (token.normalized != normalized || (token.special && !special)) continue;
    if (text.substr(at).starts_with(token.content)) return &token;
  }
  return nullptr;
}

void AddedTokens::split(std::string_view text, bool normalized, bool special, FunctionRef<void(std::string_view)> plain,
                        FunctionRef<void(std::int32_t)> token) const {
  const bool any = std::any_of(tokens_.begin(), tokens_.end(), [&](const AddedToken& candidate) {
    return candidate.normalized == normalized && (special || !candidate.special);
  });
  std::size_t begin = 0;
  for (std::size_t at = 0; any && at < text.size();) {
    const AddedToken* found = match(text, at, normalized, special);
    if (found == nullptr) {
      ++at;
      continue;
    }
    if (at > begin) plain(text.substr(begin, at - begin));
    token(found->id);
    at += found->content.size();
    begin = at;
  }
  if (begin < text.size()) plain(text.substr(begin));
}

}  // namespace sequent
