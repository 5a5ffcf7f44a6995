#include "sequent/text/regex_splitter.h"

namespace sequent {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace

RegexSplitter::RegexSplitter(std::string_view pattern, std::string_view what)
    : regex_(pattern, what), cuts_before_newline_(pattern == kLlama3 || pattern == kQwen2) {}

void RegexSplitter::split(std::string_view text, FunctionRef<void(std::string_view)> piece) const {
  std::size_t done = 0;
  regex_.for_each_match(text, [&](std::size_t begin, std::size_t end) {
    if (begin > done) piece(text.substr(done, begin - done));
    piece(text.substr(begin, end - begin));
    done = end;
  });
  if (done < text.size()) piece(text.substr(done));
}

}  // namespace sequent
