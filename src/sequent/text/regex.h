// A compiled regular expression over UTF-8 text (PCRE2 with its just-in-time compiler).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sequent/base/function_ref.h"

namespace sequent {

class Regex {
 public:
  /// A pattern in the syntax of Oniguruma, for which those of tokenizers are written: \p{...} and the classes know
  /// Unicode; "\s" is the property White_Space (PCRE2 alone would add U+180E), "\w" letters, marks, decimal numbers,
  /// connectors and the numbers of Latin-1, "\h" a hexadecimal digit, "^" and "$" the ends of a line. Error "WHAT: ..."
  /// if the pattern is not valid, or has a set within a set, which is not supported.
  Regex(std::string_view pattern, std::string_view what);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// A pattern that matches this text.
  static std::string escaped(std::string_view text);

  /// Calls match(begin, end) for the matches from left to right, empty ones as well unless they touch the match before.
  /// A match never holds a byte of invalid UTF-8: the valid stretches between such bytes are searched on their own.
  /// Error if finding a match takes more than some million steps, or much memory.
  void for_each_match(std::string_view text, FunctionRef<void(std::size_t, std::size_t)> match) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace sequent
