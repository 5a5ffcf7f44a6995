// The tokens at which a model means to stop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sequent {

/// eos_token_id of generation_config.json and of config.json in a model directory, each of which may be a number or a
/// list: the ends of a text, and those of an answer in a conversation. Each once, in order; empty if there is none.
std::vector<std::int32_t> read_end_tokens(const std::filesystem::path& directory);

}  // namespace sequent
