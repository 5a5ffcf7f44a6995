// The report of a comparison: one HTML file with everything in it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sequent {

/// The page with the object of results.json in it. It needs no network and no other file. Nothing in the object, not
/// even "</script>" in a text, can end the element that holds it.
std::string report_html(const nlohmann::ordered_json& results);

}  // namespace sequent
