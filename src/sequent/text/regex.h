// A compiled regular expression over UTF-8 text (PCRE2 with its just-in-time compiler).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "sequent/base/function_ref.h"

namespace sequent {

class Regex {
 public:
  /// \p{...} and the classes know Unicode. "\s" means the characters with the property White_Space, as in the Oniguruma
  /// library, for which the patterns of tokenizers are written; PCRE2 alone would add U+180E. Error "WHAT: ..." if the
  /// pattern is not valid.
  Regex(std::string_view pattern, std::string_view what);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// Calls match(begin, end) for the matches from left to right. A match never holds a byte of invalid UTF-8: the valid
  /// stretches between such bytes are searched on their own.
  void for_each_match(std::string_view text, FunctionRef<void(std::size_t, std::size_t)> match) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace sequent
