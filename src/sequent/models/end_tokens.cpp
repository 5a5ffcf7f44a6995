#include "sequent/models/end_tokens.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "sequent/base/error.h"
#include "sequent/base/json.h"

namespace sequent {
namespace {

void add(const nlohmann::json& ids, const std::string& file, std::set<std::int32_t>& tokens) {
  if (ids.is_null()) return;
  if (ids.is_array()) {
    for (const nlohmann::json& id : ids) {
      check(!id.is_array(), "{}: eos_token_id must be a number or a list of numbers", file);
      add(id, file, tokens);
    }
    return;
  }
  const std::optional<std::int64_t> id = integer_of(ids);
  // Some configurations say -1 for none.
  if (id == -1) return;
  check(id && *id >= 0 && *id <= std::numeric_limits<std::int32_t>::max(),
        "{}: eos_token_id must be a token id, got {}", file, ids.dump());
  tokens.insert(static_cast<std::int32_t>(*id));
}

}  // namespace

std::vector<std::int32_t> read_end_tokens(const std::filesystem::path& directory) {
  std::set<std::int32_t> tokens;
  for (const char* name : {"generation_config.json", "config.json"}) {
    const std::string file = (directory / name).string();
    if (!std::filesystem::exists(file)) continue;
    add(read_json_object(file).value("eos_token_id", nlohmann::json()), file, tokens);
  }
  return {tokens.begin(), tokens.end()};
}

}  // namespace sequent
