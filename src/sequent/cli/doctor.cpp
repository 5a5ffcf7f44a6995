// sequent doctor: what a bug report needs, and whether the kernels work here.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/verbs.h"
#include "sequent/eval/machine.h"
#include "sequent/eval/self_check.h"

namespace sequent {

int run_doctor(int argc, char** argv) {
  CLI::App app(
      "What this machine and this build have, and a quick check that the kernels compute the right thing. A bug "
      "report should contain the output.",
      "sequent doctor");
  CommonFlags common(app);
  app.footer("Exit codes: 0 all is well, 1 a check failed, 2 wrong usage.");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  nlohmann::ordered_json json = machine_facts();
  bool passed = true;
  json["checks"] = nlohmann::ordered_json::array();
  for (const SelfCheck& check : self_checks()) {
    passed = passed && check.passed();
    json["checks"].push_back(
        {{"what", check.what}, {"error", check.error}, {"tolerance", check.tolerance}, {"passed", check.passed()}});
  }
  json["passed"] = passed;
  if (common.json()) {
    write_json(json);
    return passed ? 0 : 1;
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "checks" || key == "passed") continue;
    const std::string text = key.ends_with("_bytes") ? format_bytes(value.get<double>())
                             : value.is_string()     ? value.get<std::string>()
                                                     : value.dump();
    write_out(fmt::format("{:<22}  {}\n", key, text));
  }
  for (const auto& check : json["checks"]) {
    write_out(fmt::format("{:<22}  {}, error {:.1e}\n", "check", check["what"].get<std::string>(),
                          check["error"].get<double>()));
  }
  write_out(passed ? "All checks passed.\n" : "A CHECK FAILED: results on this machine cannot be trusted.\n");
  return passed ? 0 : 1;
}

}  // namespace sequent
