#include "sequent/text/metaspace_splitter.h"

#include <algorithm>

namespace sequent {

void MetaspaceSplitter::split(Piece text, FunctionRef<void(Piece)> piece) const {
  std::string replaced;
  const auto spaces = static_cast<std::size_t>(std::count(text.text.begin(), text.text.end(), ' '));
  replaced.reserve(text.text.size() + (spaces + 1) * replacement_.size());
  const bool begins = text.text.starts_with(' ') || text.text.starts_with(replacement_);
  if (!begins && (scheme_ == PrependScheme::always || (scheme_ == PrependScheme::first && text.first))) {
    replaced = replacement_;
  }
  for (const char c : text.text) {
    if (c == ' ') {
      replaced += replacement_;
    } else {
      replaced += c;
    }
  }
  const std::string_view whole = replaced;
  if (!cut_) {
    if (!whole.empty()) piece({whole, text.first});
    return;
  }
  // Of several in a row all but the last are pieces of their own.
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find(replacement_, begin + 1), whole.size());
    piece({whole.substr(begin, end - begin), text.first && begin == 0});
    begin = end;
  }
}

}  // namespace sequent
