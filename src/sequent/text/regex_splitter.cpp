#include "sequent/text/regex_splitter.h"

namespace sequent {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// Whether a stretch of text joins the one before.
bool joins(SplitBehavior behavior, bool match_before, bool match) {
  switch (behavior) {
    case SplitBehavior::merged_with_previous:
      return match && !match_before;
    case SplitBehavior::merged_with_next:
      return !match && match_before;
    case SplitBehavior::contiguous:
      return match == match_before;
    case SplitBehavior::removed:
    case SplitBehavior::isolated:
      return false;
  }
  return false;
}

}  // namespace

RegexSplitter::RegexSplitter(std::string_view pattern, std::string_view what, SplitBehavior behavior, bool invert)
    : regex_(pattern, what),
      behavior_(behavior),
      invert_(invert),
      cuts_before_newline_((pattern == kLlama3 || pattern == kQwen2) && behavior == SplitBehavior::isolated) {}

void RegexSplitter::split(Piece text, FunctionRef<void(Piece)> piece) const {
  const std::string_view whole = text.text;
  std::size_t begin = 0, end = 0;  // the piece that may still grow
  bool any = false, match_before = false;
  const auto give = [&] {
    if (begin < end) piece({whole.substr(begin, end - begin), text.first && begin == 0});
  };
  const auto add = [&](std::size_t stretch_begin, std::size_t stretch_end, bool match) {
    if (!any || !joins(behavior_, match_before, match)) {
      give();
      begin = stretch_begin;
    }
    // A match that is removed leaves an empty piece in its place.
    end = match && behavior_ == SplitBehavior::removed ? begin : stretch_end;
    any = true;
    match_before = match;
  };
  std::size_t done = 0;
  regex_.for_each_match(whole, [&](std::size_t match_begin, std::size_t match_end) {
    if (match_begin > done) add(done, match_begin, invert_);
    add(match_begin, match_end, !invert_);
    done = match_end;
  });
  if (done < whole.size()) add(done, whole.size(), invert_);
  give();
}

}  // namespace sequent
