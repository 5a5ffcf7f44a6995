// Normalizers that look at one character at a time. Bytes of invalid UTF-8 pass through all of them.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/normalizer.h"

namespace sequent {

/// "Lowercase": every character by itself (a final sigma is like any other; U+0130 becomes two characters).
class Lowercase : public Normalizer {
 public:
  std::string normalize(std::string_view text, bool& first) const override;
  bool cuts_before_newline() const override { return true; }
  using Normalizer::normalize;
};

/// "Strip": without the white space at its ends.
class StripSpaces : public Normalizer {
 public:
  StripSpaces(bool left, bool right) : left_(left), right_(right) {}
  std::string normalize(std::string_view text, bool& first) const override;
  using Normalizer::normalize;

 private:
  bool left_, right_;
};

/// "StripAccents": without combining marks (general category M); apart from what is already composed.
class StripAccents : public Normalizer {
 public:
  std::string normalize(std::string_view text, bool& first) const override;
  bool cuts_before_newline() const override { return true; }
  using Normalizer::normalize;
};

/// "Nmt": without control characters, and with the rarer kinds of space as spaces, as in neural machine translation.
class NmtNormalizer : public Normalizer {
 public:
  std::string normalize(std::string_view text, bool& first) const override;
  using Normalizer::normalize;
};

}  // namespace sequent
