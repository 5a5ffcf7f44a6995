// Tokens to text one by one, for printing while a model writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sequent/text/tokenizer.h"

namespace sequent {

class DecoderRun;

/// What push() and flush() return, end to end, is Tokenizer::decode() of the ids; of ids that go on with a text, it is
/// what decode() gives behind it, where a space in front is not left out. Each part ends between characters: the bytes
/// of a character that is not complete wait for the next token. Bytes that cannot become a character are passed on as
/// they are; valid_utf8() replaces them.
class StreamDecoder {
 public:
  /// `begins`: a text begins with the first id.
  explicit StreamDecoder(Tokenizer tokenizer, bool special = false, bool begins = true);
  ~StreamDecoder();
  StreamDecoder(StreamDecoder&&) noexcept;
  StreamDecoder& operator=(StreamDecoder&&) noexcept;

  /// The text that this token completes; may be empty.
  std::string push(std::int32_t id);

  /// What is still waiting. Afterwards a new text begins.
  std::string flush();

 private:
  Tokenizer tokenizer_;
  bool special_;
  std::unique_ptr<DecoderRun> run_;
  std::string waiting_;
};

}  // namespace sequent
