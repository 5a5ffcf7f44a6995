// The command as a user runs it. Only the tests of cli/ have it built before them.
#pragma once

#include <string>
#include <vector>

#include "tests/support/program.h"

namespace sequent::test {

/// The sequent command of this build. Variables SEQUENT_* of the test's own environment are not handed on.
inline CommandResult sequent(const std::vector<std::string>& arguments, const CommandOptions& options = {}) {
  return run_program(SEQUENT_COMMAND, arguments, options);
}

}  // namespace sequent::test
