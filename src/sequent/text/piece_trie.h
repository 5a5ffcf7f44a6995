// A set of strings in which all those that begin a text are found at once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sequent/text/pair_table.h"

namespace sequent {

class PieceTrie {
 public:
  /// Gives the string a value, 0 or more; of several the last counts. The empty string is ignored.
  void add(std::string_view string, std::int32_t value);

  bool empty() const { return values_.size() == 1; }

  /// Calls found(end, value) for the strings that begin at text[at], the shorter first; they end at `end`.
  template <class Found>
  void for_each_prefix(std::string_view text, std::size_t at, Found&& found) const {
    std::int32_t node = 0;
    while (at < text.size()) {
      const std::int32_t* next = edges_.find(node, static_cast<unsigned char>(text[at]));
      if (next == nullptr) return;
      node = *next;
      ++at;
      if (const std::int32_t value = values_[static_cast<std::size_t>(node)]; value >= 0) found(at, value);
    }
  }

 private:
  PairTable<std::int32_t> edges_;            // from a node and a byte to a node
  std::vector<std::int32_t> values_ = {-1};  // by node; -1: no string ends there
};

}  // namespace sequent
