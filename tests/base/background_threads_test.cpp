#include "sequent/base/background_threads.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(BackgroundThreads, WorkBesideTheCallerUntilTheyAreDone) {
  std::atomic<int> begun = 0;
  std::atomic<int> done = 0;
  std::atomic<bool> stop = false;
  {
    const BackgroundThreads threads(3, [&] {
      ++begun;
      begun.notify_all();
      stop.wait(false);
      ++done;
    });
    for (int count = begun; count < 3; count = begun) begun.wait(count);  // all at once, while we are here
    EXPECT_EQ(done, 0);
    stop = true;
    stop.notify_all();
  }
  EXPECT_EQ(done, 3);
}

TEST(BackgroundThreads, RefuseCountsOutOfRange) {
  EXPECT_EQ(test::error_of([] { BackgroundThreads(0, [] {}); }),
            "threads: from 1 to 256 may work in the background, got 0");
}

}  // namespace
}  // namespace sequent
