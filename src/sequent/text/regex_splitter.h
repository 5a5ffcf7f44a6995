// The pre-tokenizer "Split" with behavior "Isolated": the matches of a pattern and the stretches between them.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/regex.h"
#include "sequent/text/splitter.h"

namespace sequent {

class RegexSplitter : public Splitter {
 public:
  /// Error "WHAT: ..." if the pattern is not valid.
  RegexSplitter(std::string_view pattern, std::string_view what);

  /// Bytes of invalid UTF-8 are never matched, so they stand in pieces of their own between the matches.
  void split(std::string_view text, FunctionRef<void(std::string_view)> piece) const override;

  /// Known of the patterns of Llama 3 and Qwen 2 only.
  bool cuts_before_newline() const override { return cuts_before_newline_; }

 private:
  Regex regex_;
  bool cuts_before_newline_;
};

}  // namespace sequent
