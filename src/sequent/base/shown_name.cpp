#include "sequent/base/shown_name.h"

namespace sequent {

std::string shown_name(std::string_view name) {
  constexpr std::size_t kShown = 200;
  std::string text = "\"";
  for (const char c : name.substr(0, kShown)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return text + (name.size() > kShown ? "...\"" : "\"");
}

}  // namespace sequent
