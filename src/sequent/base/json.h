// JSON from files we did not write: an Error names the file and the place, and nesting is bounded.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// Parses one JSON value; `file` is named in errors. Nesting deeper than 64 is refused. The tokens Infinity, -Infinity
/// and NaN, which are not JSON but which Python writes, are read as strings.
nlohmann::json parse_json(std::string_view text, std::string_view file);

/// Reads and parses a file that must hold a JSON object.
nlohmann::json read_json_object(const std::string& path);

/// The integer that a JSON number is, also where it is written 4.0 or 1e3; nothing for a fraction, for what does not
/// fit 64 bits, and for all that is no number.
std::optional<std::int64_t> integer_of(const nlohmann::json& value);

}  // namespace sequent
