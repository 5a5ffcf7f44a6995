// Tokens to text one by one, for printing while a model writes.
#pragma once

#include <cstdint>
#include <string>

#include "sequent/text/tokenizer.h"

namespace sequent {

/// What push() and flush() return, end to end, is Tokenizer::decode() of the ids. Each part ends between characters:
/// the bytes of a character that is not complete wait for the next token. Bytes that cannot become a character are
/// passed on as they are; valid_utf8() replaces them.
class StreamDecoder {
 public:
  explicit StreamDecoder(Tokenizer tokenizer, bool special = false)
      : tokenizer_(std::move(tokenizer)), special_(special) {}

  /// The text that this token completes; may be empty.
  std::string push(std::int32_t id);

  /// What is still waiting.
  std::string flush();

 private:
  Tokenizer tokenizer_;
  bool special_;
  std::string waiting_;
};

}  // namespace sequent
