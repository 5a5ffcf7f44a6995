#include <gtest/gtest.h>

#include "tests/support/command.h"

namespace sequent {
namespace {

TEST(VideoCommand, ListsItsVerbs) {
  const test::CommandResult help = test::sequent({"video", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("synth"), std::string::npos) << help.out;
  EXPECT_EQ(test::sequent({"video", "sing"}).exit_code, 2);
}

}  // namespace
}  // namespace sequent
