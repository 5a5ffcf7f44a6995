#include "sequent/text/sentinels.h"

#include <fmt/core.h>

namespace sequent {

std::string sentinel_name(std::int64_t number) {
  return fmt::format("<extra_id_{}>", number);
}

Tokenizer with_sentinels(const Tokenizer& tokenizer) {
  if (tokenizer.special_token(sentinel_name(0)) >= 0) return tokenizer;
  std::vector<std::string> names;
  for (std::int64_t number = kSentinels - 1; number >= 0; --number) names.push_back(sentinel_name(number));
  return tokenizer.with_special_tokens(names);
}

std::vector<std::int32_t> sentinels_of(const Tokenizer& tokenizer) {
  std::vector<std::int32_t> ids;
  while (true) {
    const std::int32_t id = tokenizer.special_token(sentinel_name(static_cast<std::int64_t>(ids.size())));
    if (id < 0) return ids;
    ids.push_back(id);
  }
}

}  // namespace sequent
