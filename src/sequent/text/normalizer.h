// Normalizers rewrite a text before it is cut into pieces.
#pragma once

#include <string>
#include <string_view>

namespace sequent {

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  /// The text rewritten. `first` says of the text whether it begins where the text given to encode() begins, and
  /// afterwards of the result: no longer if its first character comes from further behind (see Piece).
  virtual std::string normalize(std::string_view text, bool& first) const = 0;

  /// Whether what stands before a newline that follows a letter of ASCII, and what stands from it on, are rewritten
  /// independently of each other.
  virtual bool cuts_before_newline() const { return false; }

  std::string normalize(std::string_view text) const {
    bool first = true;
    return normalize(text, first);
  }
};

}  // namespace sequent
