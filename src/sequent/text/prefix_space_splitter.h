// The option "add_prefix_space" of the pre-tokenizer "ByteLevel": a text that does not begin with a space gets one.
#pragma once

#include <string>

#include "sequent/text/splitter.h"

namespace sequent {

class PrefixSpaceSplitter : public Splitter {
 public:
  void split(Piece text, FunctionRef<void(Piece)> piece) const override {
    if (text.text.starts_with(' ')) return piece(text);
    std::string prefixed = " ";
    prefixed += text.text;
    piece({prefixed, text.first});
  }
};

}  // namespace sequent
