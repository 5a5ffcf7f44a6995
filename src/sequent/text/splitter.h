// Pre-tokenizers cut a text into the pieces that the model turns into tokens one by one.
#pragma once

#include <string_view>

#include "sequent/base/function_ref.h"

namespace sequent {

/// A stretch of text on its way to the model.
struct Piece {
  Piece(std::string_view content, bool begins = true) : text(content), first(begins) {}
  operator std::string_view() const { return text; }

  std::string_view text;
  bool first;  // it begins where the text given to encode() begins
};

class Splitter {
 public:
  virtual ~Splitter() = default;

  /// Calls piece(p) for the pieces of `text` in order, none of them empty. A splitter that neither removes nor rewrites
  /// anything gives every byte of it: bytes that are not valid UTF-8 are never lost.
  virtual void split(Piece text, FunctionRef<void(Piece)> piece) const = 0;

  /// Whether a piece always ends between a letter of ASCII and a newline, whatever stands around them: then a long text
  /// can be cut there and its parts be encoded on their own.
  virtual bool cuts_before_newline() const { return false; }

  /// Whether it treats the piece that begins the text in another way.
  virtual bool minds_first() const { return false; }
};

}  // namespace sequent
