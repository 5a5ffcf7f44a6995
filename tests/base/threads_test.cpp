#include "sequent/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

class Threads : public testing::Test {
 protected:
  void TearDown() override { set_thread_count(before); }
  const int before = thread_count();
};

TEST_F(Threads, CountCanBeSetAndWrongCountsAreRefused) {
  set_thread_count(3);
  EXPECT_EQ(thread_count(), 3);
  EXPECT_THROW(set_thread_count(0), Error);
  EXPECT_THROW(set_thread_count(-1), Error);
  EXPECT_THROW(set_thread_count(1025), Error);
  EXPECT_EQ(thread_count(), 3);
}

TEST_F(Threads, ParallelForCoversEveryElementOnce) {
  for (const int threads : {1, 2, 3, 7}) {
    set_thread_count(threads);
    for (const std::int64_t size : {0, 1, 2, 5, 16, 1001}) {
      for (const std::int64_t grain : {0, 1, 4, 1000}) {
        std::vector<int> seen(static_cast<std::size_t>(size));
        parallel_for(10, 10 + size, grain, [&](std::int64_t begin, std::int64_t end) {
          ASSERT_LT(begin, end);
          for (std::int64_t i = begin; i < end; ++i) ++seen.at(static_cast<std::size_t>(i - 10));
        });
        EXPECT_EQ(seen, std::vector<int>(static_cast<std::size_t>(size), 1)) << threads << " threads, grain " << grain;
      }
    }
  }
}

TEST_F(Threads, ParallelForWithNothingToDoDoesNotCall) {
  parallel_for(5, 5, 1, [](std::int64_t, std::int64_t) { FAIL(); });
  parallel_for(5, 3, 1, [](std::int64_t, std::int64_t) { FAIL(); });
  parallel_tasks(0, [](std::int64_t) { FAIL(); });
}

TEST_F(Threads, ParallelForKeepsSmallWorkOnTheCaller) {
  set_thread_count(4);
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  parallel_for(0, 199, 100, [&](std::int64_t, std::int64_t) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    ++calls;
  });
  EXPECT_EQ(calls, 1);
}

TEST_F(Threads, ParallelForUsesSeveralThreads) {
  set_thread_count(2);
  std::atomic<int> arrived{0};
  // Each half waits for the other: it ends only if both run at the same time.
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST_F(Threads, TasksRunEachOnce) {
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    std::vector<int> seen(100);
    parallel_tasks(100, [&](std::int64_t i) { ++seen.at(static_cast<std::size_t>(i)); });
    EXPECT_EQ(seen, std::vector<int>(100, 1)) << threads << " threads";
  }
}

TEST_F(Threads, WhatTheCallerWroteIsSeenInsideAndWhatWorkersWroteAfterwards) {
  set_thread_count(4);
  std::vector<std::int64_t> values(4096);
  for (int round = 0; round < 200; ++round) {
    for (auto& value : values) value += 1;
    parallel_for(0, 4096, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) values[static_cast<std::size_t>(i)] *= 2;
    });
    for (auto& value : values) value %= 1000;
  }
  std::int64_t expected = 0;
  for (int round = 0; round < 200; ++round) expected = (expected + 1) * 2 % 1000;
  for (const auto value : values) ASSERT_EQ(value, expected);
}

TEST_F(Threads, ExceptionsReachTheCallerAndThePoolStaysUsable) {
  for (const int threads : {1, 2, 4}) {
    set_thread_count(threads);
    for (int round = 0; round < 20; ++round) {
      try {
        parallel_for(0, 1000, 1, [](std::int64_t, std::int64_t end) {
          if (end == 1000) fail("body: failed at {}", end);
        });
        FAIL();
      } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "body: failed at 1000");
      }
      EXPECT_THROW(parallel_tasks(50, [](std::int64_t) { throw std::out_of_range("all fail"); }), std::out_of_range);
    }
    std::atomic<int> count{0};
    parallel_tasks(10, [&](std::int64_t) { ++count; });
    EXPECT_EQ(count, 10);
  }
}

TEST_F(Threads, NestedCallsRunOnTheCallingThread) {
  set_thread_count(2);
  std::atomic<int> inner{0};
  parallel_tasks(4, [&](std::int64_t) {
    const auto outer_thread = std::this_thread::get_id();
    parallel_for(0, 100, 1, [&](std::int64_t begin, std::int64_t end) {
      EXPECT_EQ(std::this_thread::get_id(), outer_thread);
      EXPECT_EQ(end - begin, 100);
      ++inner;
    });
    parallel_tasks(3, [&](std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outer_thread);
      ++inner;
    });
  });
  EXPECT_EQ(inner, 4 * (1 + 3));
}

TEST_F(Threads, AnExceptionFromANestedCallReachesTheOutermostCaller) {
  set_thread_count(2);
  EXPECT_THROW(parallel_tasks(
                   4, [](std::int64_t) { parallel_for(0, 10, 1, [](std::int64_t, std::int64_t) { fail("inner"); }); }),
               Error);
}

TEST_F(Threads, RegionsFromSeveralCallersDoNotMix) {
  set_thread_count(2);
  const auto work = [] {
    for (int round = 0; round < 50; ++round) {
      std::vector<int> seen(64);
      parallel_tasks(64, [&](std::int64_t i) { ++seen[static_cast<std::size_t>(i)]; });
      EXPECT_EQ(seen, std::vector<int>(64, 1));
    }
  };
  std::thread other(work);
  work();
  other.join();
}

}  // namespace
}  // namespace sequent
