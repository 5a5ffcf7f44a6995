// Tokens that are found in the text before the model sees it: special tokens, and literal strings a vocabulary was
// extended with (the runs of spaces of GPT-NeoX).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/function_ref.h"

namespace sequent {

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;      // a mark of the format, not text: skipped by decoding, and by encoding unless asked for
  bool normalized = false;   // searched in the normalised text rather than in the text as given
  bool left_strip = false;   // takes the white space before it along
  bool right_strip = false;  // takes the white space behind it along
  bool single_word = false;  // not found next to a character of a word
  std::string pattern = {};  // what is searched for; empty: the content
};

class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  const std::vector<AddedToken>& all() const { return tokens_; }

  /// Calls text(t) and token(id) for the stretches of `text` in order: the leftmost longest occurrences of the tokens
  /// with this `normalized`, special ones only if `special`, and the text between them, where there is any.
  void split(std::string_view text, bool normalized, bool special, FunctionRef<void(std::string_view)> plain,
             FunctionRef<void(std::int32_t)> token) const;

 private:
  const AddedToken* match(std::string_view text, std::size_t at, bool normalized, bool special) const;

  std::vector<AddedToken> tokens_;
  std::array<std::vector<std::int32_t>, 256> starting_with_;  // indices of tokens by first byte, longest first
};

}  // namespace sequent
