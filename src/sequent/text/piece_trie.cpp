#include "sequent/text/piece_trie.h"

namespace sequent {

void PieceTrie::add(std::string_view string, std::int32_t value) {
  if (string.empty()) return;
  std::int32_t node = 0;
  for (const char c : string) {
    std::int32_t& next = edges_(node, static_cast<unsigned char>(c));
    if (next == 0) {  // nothing leads back to the root
      next = static_cast<std::int32_t>(values_.size());
      values_.push_back(-1);
    }
    node = next;
  }
  values_[static_cast<std::size_t>(node)] = value;
}

}  // namespace sequent
