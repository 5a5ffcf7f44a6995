// Normalizers rewrite a text before it is cut into pieces.
#pragma once

#include <string>
#include <string_view>

namespace sequent {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual std::string normalize(std::string_view text) const = 0;
};

}  // namespace sequent
