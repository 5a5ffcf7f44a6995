// Finding stop strings in text that arrives in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sequent {

class StopStrings {
 public:
  /// Empty ones are an Error.
  explicit StopStrings(std::vector<std::string> stops);

  /// Adds a piece and returns what may be shown: everything up to the first stop string, except an end that may still
  /// become one. Once found, nothing more is shown.
  std::string push(std::string_view piece);
  /// What was held back, when no more text comes.
  std::string flush();
  bool found() const { return found_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool found_ = false;
};

}  // namespace sequent
