// A comparison in sentences: who is ahead, by how much, and where each falls behind.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace sequent {

/// From the object of results.json (architectures with their runs and results); empty with fewer than two of them.
std::vector<std::string> summary_of(const nlohmann::ordered_json& results);

}  // namespace sequent
