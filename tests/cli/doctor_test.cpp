#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"

namespace sequent {
namespace {

TEST(Doctor, ReportsTheMachineAndChecksTheKernels) {
  const test::CommandResult result = test::sequent({"doctor", "--json", "-t", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json object = nlohmann::json::parse(result.out);
  EXPECT_EQ(object["passed"], true);
  EXPECT_EQ(object["threads"], 1);
  EXPECT_EQ(object["checks"].size(), 2u);
  for (const char* key : {"version", "compiler", "simd", "libraries", "architectures"}) {
    EXPECT_FALSE(object[key].get<std::string>().empty()) << key;
  }
}

TEST(Doctor, PrintsForPeople) {
  const test::CommandResult result = test::sequent({"doctor"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("All checks passed."), std::string::npos) << result.out;
}

}  // namespace
}  // namespace sequent
