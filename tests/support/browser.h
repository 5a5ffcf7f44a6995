// A page as a real browser shows it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/program.h"

namespace sequent::test {

/// Chromium or a browser made from it: $SEQUENT_BROWSER, or one in a usual place.
inline std::string browser() {
  if (const char* chosen = std::getenv("SEQUENT_BROWSER"); chosen && *chosen) return chosen;
  for (const char* path : {"/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser",
                           "/usr/bin/microsoft-edge", "/snap/bin/chromium"}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

/// The document of an HTML file after its scripts have run. What the page writes to the console is a failure.
inline std::string document_after_scripts(const std::string& path, const std::vector<std::string>& more = {}) {
  const std::string program = browser();
  if (program.empty()) {
    ADD_FAILURE() << "this test needs a browser: install chromium, or name one in SEQUENT_BROWSER";
    return {};
  }
  const TemporaryDirectory profile;
  std::vector<std::string> arguments = {"--headless",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--enable-logging=stderr",
                                        "--user-data-dir=" + profile.path().string(),
                                        "--dump-dom"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.push_back("file://" + path);
  const CommandResult result = run_program(program, arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err.find("CONSOLE"), std::string::npos) << result.err;
  return result.out;
}

}  // namespace sequent::test
