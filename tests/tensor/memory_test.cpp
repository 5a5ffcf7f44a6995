#include "sequent/tensor/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(Memory, CountsLiveBytesExactlyAndThePeak) {
  const std::int64_t before = memory::live_bytes();
  memory::reset_peak();
  {
    const auto a = memory::allocate(1000);
    EXPECT_EQ(memory::live_bytes(), before + 1000);
    {
      const auto b = memory::allocate(77);
      EXPECT_EQ(memory::live_bytes(), before + 1077);
    }
    EXPECT_EQ(memory::live_bytes(), before + 1000);
  }
  EXPECT_EQ(memory::live_bytes(), before);
  EXPECT_EQ(memory::peak_bytes(), before + 1077);
  memory::reset_peak();
  EXPECT_EQ(memory::peak_bytes(), before);
}

TEST(Memory, IsAlignedAndWritableToTheLastByte) {
  for (std::int64_t bytes = 1; bytes < (std::int64_t{5} << 20); bytes = bytes * 5 / 3 + 1) {
    const auto block = memory::allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.get()) % 64, 0u) << bytes;
    std::memset(block.get(), 0x5a, static_cast<std::size_t>(bytes));
  }
}

TEST(Memory, ReusesFreedBlocksUntilTheCacheIsReleased) {
  memory::release_cache();
  EXPECT_EQ(memory::cached_bytes(), 0);
  std::byte* first = nullptr;
  {
    const auto block = memory::allocate(10000);
    first = block.get();
  }
  EXPECT_GE(memory::cached_bytes(), 10000);
  const auto again = memory::allocate(9990);  // the same size class
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(memory::cached_bytes(), 0);
}

TEST(Memory, WastesAtMostAnEighthOfASmallBlock) {
  for (std::int64_t bytes = 513; bytes < 65536; bytes += 97) {
    memory::release_cache();
    memory::allocate(bytes).reset();
    EXPECT_GE(memory::cached_bytes(), bytes);
    EXPECT_LE(memory::cached_bytes(), bytes + bytes / 8 + 64) << bytes;
  }
}

TEST(Memory, LargeBlocksServeRequestsOfOtherSizes) {
  memory::release_cache();
  constexpr std::int64_t kMiB = std::int64_t{1} << 20;
  for (std::int64_t size = 60; size > 20; size -= 8) memory::allocate(size * kMiB).reset();
  for (std::int64_t size = 20; size < 60; size += 8) memory::allocate(size * kMiB).reset();
  EXPECT_EQ(memory::cached_bytes(), 60 * kMiB);
}

TEST(Memory, RefusesWhatCannotBe) {
  const std::int64_t before = memory::live_bytes();
  EXPECT_THROW(memory::allocate(-1), Error);
  EXPECT_THROW(memory::allocate(std::numeric_limits<std::int64_t>::max()), Error);
  EXPECT_EQ(memory::allocate(0), nullptr);
  EXPECT_EQ(memory::live_bytes(), before);
}

TEST(Memory, OutOfMemoryIsAnErrorThatSaysHowMuch) {
  const std::int64_t before = memory::live_bytes();
  try {
    memory::allocate(std::int64_t{1} << 55);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("36028797018963968"), std::string::npos) << error.what();
  }
  EXPECT_EQ(memory::live_bytes(), before);
}

TEST(Memory, CountsRightFromSeveralThreads) {
  const std::int64_t before = memory::live_bytes();
  const auto work = [] {
    for (int i = 1; i < 500; ++i) {
      const auto block = memory::allocate(i * 8);
      std::memset(block.get(), i & 255, static_cast<std::size_t>(i) * 8);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(memory::live_bytes(), before);
}

}  // namespace
}  // namespace sequent
