// The pre-tokenizer "Split": a text is cut at the matches of a pattern. Most other pre-tokenizers are the same with a
// pattern of their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sequent/text/regex.h"
#include "sequent/text/splitter.h"

namespace sequent {

/// What becomes of a match between two stretches of other text.
enum class SplitBehavior : std::uint8_t {
  removed,               // it is dropped
  isolated,              // it is a piece
  merged_with_previous,  // it ends the piece before, if that has not been ended by a match
  merged_with_next,      // it begins the piece behind, if that is not a match
  contiguous,            // it is a piece together with the matches that touch it
};

class RegexSplitter : public Splitter {
 public:
  /// `invert`: what does not match is taken for the matches. Error "WHAT: ..." if the pattern is not valid.
  RegexSplitter(std::string_view pattern, std::string_view what, SplitBehavior behavior = SplitBehavior::isolated,
                bool invert = false);

  /// Bytes of invalid UTF-8 are never matched.
  void split(Piece text, FunctionRef<void(Piece)> piece) const override;

  /// Known of the patterns of Llama 3 and Qwen 2 only.
  bool cuts_before_newline() const override { return cuts_before_newline_; }

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
  bool cuts_before_newline_;
};

}  // namespace sequent
