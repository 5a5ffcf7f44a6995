#include "sequent/base/shown_name.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(ShownName, IsSafeToPrint) {
  EXPECT_EQ(shown_name("a.weight"), "\"a.weight\"");
  EXPECT_EQ(shown_name("a\x1b[31m\n"), "\"a?[31m?\"");
  EXPECT_EQ(shown_name(std::string(100000, 'a')).size(), 200u + 5u);
}

}  // namespace
}  // namespace sequent
