// A template's source as tokens: text to be copied, and the words between {{ }} and {% %}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sequent::jinja {

enum class TokenKind {
  text,          // outside of marks
  output_begin,  // {{
  output_end,
  block_begin,  // {%
  block_end,
  name,
  string,
  integer,
  real,
  symbol,
  end,  // of the template
};

struct Token {
  TokenKind kind;
  std::string text;  // of a string: without quotes and escapes
  int line;
};

/// Comments, white space beside marks with '-', the newline after a block and the space before one are removed, {% raw
/// %} is resolved, and so is a newline at the very end. `name` stands in front of errors. The last token is `end`.
std::vector<Token> tokens_of(std::string_view source, std::string_view name);

}  // namespace sequent::jinja
