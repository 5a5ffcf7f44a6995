// Pre-tokenizers cut a text into the pieces that the model turns into tokens one by one.
#pragma once

#include <string_view>

#include "sequent/base/function_ref.h"

namespace sequent {

class Splitter {
 public:
  virtual ~Splitter() = default;

  /// Calls piece(p) for the pieces of `text` in order. Together they are `text`, every byte of it: bytes that are not
  /// valid UTF-8 are never lost.
  virtual void split(std::string_view text, FunctionRef<void(std::string_view)> piece) const = 0;

  /// Whether a piece always ends between a letter of ASCII and a newline, whatever stands around them: then a long text
  /// can be cut there and its parts be encoded on their own.
  virtual bool cuts_before_newline() const = 0;
};

}  // namespace sequent
