#include "sequent/base/stopwatch.h"

#include <gtest/gtest.h>

#include <thread>

namespace sequent {
namespace {

TEST(Stopwatch, CountsSecondsFromItsConstruction) {
  const Stopwatch first;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Stopwatch second;
  const double seconds = first.seconds();
  EXPECT_GE(seconds, 0.02);
  EXPECT_LT(seconds, 20);
  EXPECT_LE(second.seconds() + 0.02, first.seconds());
  Stopwatch again = first;
  again = Stopwatch();
  EXPECT_LT(again.seconds(), first.seconds());
}

}  // namespace
}  // namespace sequent
