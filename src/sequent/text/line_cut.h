// Where a long text can be cut for pre-tokenizers that always end a piece between a letter and a newline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sequent {

/// The first position from `at` on, but not 0, with a letter of ASCII before it and a newline at it; text.size() if
/// there is none.
inline std::int64_t line_cut(std::string_view text, std::int64_t at) {
  for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(at, 1)); i < text.size(); ++i) {
    i = text.find('\n', i);
    if (i == std::string_view::npos) break;
    const char before = text[i - 1];
    if ((before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z')) return static_cast<std::int64_t>(i);
  }
  return static_cast<std::int64_t>(text.size());
}

}  // namespace sequent
