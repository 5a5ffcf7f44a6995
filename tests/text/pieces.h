// The pieces of a text, and the text of pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sequent/text/splitter.h"

namespace sequent::test {

inline std::vector<std::string> pieces(const Splitter& splitter, std::string_view text) {
  std::vector<std::string> result;
  splitter.split(text, [&](Piece piece) { result.emplace_back(piece.text); });
  return result;
}

inline std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

}  // namespace sequent::test
