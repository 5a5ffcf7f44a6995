#include "sequent/eval/report.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "sequent/eval/report_template.h"

namespace sequent {
namespace {

// Where the object belongs in the template.
constexpr std::string_view kPlace = "{\"place\": \"of the results\"}";

// JSON in which no character means anything to HTML: "<", ">" and "&" occur in strings only, where they have another
// way to be written.
std::string inert(const nlohmann::ordered_json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else if (c == '>') {
      text += "\\u003e";
    } else if (c == '&') {
      text += "\\u0026";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string report_html(const nlohmann::ordered_json& results) {
  std::string page(kReportTemplate);
  return page.replace(page.find(kPlace), kPlace.size(), inert(results));
}

}  // namespace sequent
