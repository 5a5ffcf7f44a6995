// What a fuzzer does with a tokenizer that could be read.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/text/stream_decoder.h"
#include "sequent/text/tokenizer.h"

namespace sequent::fuzz {

/// Encodes a text in every way there is and decodes it again, as a whole and as a stream, which must give the same.
inline std::vector<std::int32_t> encode_and_decode(const Tokenizer& tokenizer, std::string_view text) {
  for (const bool special : {true, false}) {
    const std::vector<std::int32_t> ids = tokenizer.encode_prompt(text, special);
    StreamDecoder decoder(tokenizer, special);
    std::string streamed;
    for (const std::int32_t id : ids) streamed += decoder.push(id);
    streamed += decoder.flush();
    if (streamed != tokenizer.decode(ids, special)) std::abort();
  }
  return tokenizer.encode(text);
}

/// On a few hard texts.
inline void use_tokenizer(const Tokenizer& tokenizer) {
  using namespace std::string_literals;
  for (const std::string& text : {""s, "a"s, "  the <s>cat</s>\r\n it's 42 \u2581x"s,
                                  "e\u0301 \u4f60\u597d \U0001F600\0\xFF\xC3 \u212b"s, std::string(300, 'a')}) {
    try {
      encode_and_decode(tokenizer, text);
    } catch (const Error&) {
    }
  }
}

}  // namespace sequent::fuzz
