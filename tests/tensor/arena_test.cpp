#include "sequent/tensor/arena.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "sequent/base/random.h"

namespace sequent::memory {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

bool is_filled_with(const std::byte* block, std::int64_t bytes, std::byte value) {
  return std::all_of(block, block + bytes, [&](std::byte b) { return b == value; });
}

TEST(Arena, BlocksAreAlignedAndKeepWhatIsWrittenWhateverIsTakenAndGiven) {
  struct Block {
    std::byte* at;
    std::int64_t bytes;
    std::byte value;
  };
  Arena arena;
  std::vector<Block> blocks;
  const Random random(1, 2);
  std::int64_t live = 0, peak = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const std::uint64_t bits = random.bits(i);
    // Half of the time one goes, and now and then nearly all.
    const bool shrink = (i / 500) % 2 == 1;
    if (!blocks.empty() && (shrink ? bits % 8 != 0 : bits % 8 < 3)) {
      std::swap(blocks[(bits >> 8) % blocks.size()], blocks.back());
      const Block gone = blocks.back();
      blocks.pop_back();
      ASSERT_TRUE(is_filled_with(gone.at, gone.bytes, gone.value)) << i;
      arena.give(gone.at, gone.bytes);
      live -= gone.bytes;
    } else {
      const std::int64_t bytes = 1 + static_cast<std::int64_t>((bits >> 8) % (1u << (10 + (bits >> 40) % 8)));
      const Block block = {arena.take(bytes), bytes, static_cast<std::byte>(bits >> 56)};
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block.at) % 64, 0u);
      std::memset(block.at, std::to_integer<int>(block.value), static_cast<std::size_t>(bytes));
      blocks.push_back(block);
      live += bytes;
      peak = std::max(peak, live);
    }
    // What is kept is never much more than was ever in use at once.
    ASSERT_LE(live + arena.warm_bytes(), peak + peak / 2 + 4096) << i;
  }
  for (const Block& block : blocks) {
    EXPECT_TRUE(is_filled_with(block.at, block.bytes, block.value));
    arena.give(block.at, block.bytes);
  }
  // All is one block again: the largest request finds no need of new memory.
  const std::int64_t all = arena.warm_bytes();
  arena.give(arena.take(all), all);
  EXPECT_EQ(arena.warm_bytes(), all);
}

TEST(Arena, TheSmallestBlockThatHoldsARequestServesIt) {
  Arena arena;
  std::byte* const large = arena.take(4 * kMiB);
  std::byte* const wall = arena.take(64);
  std::byte* const small = arena.take(1 * kMiB);
  std::byte* const end = arena.take(64);
  arena.give(large, 4 * kMiB);
  arena.give(small, 1 * kMiB);
  EXPECT_EQ(arena.warm_bytes(), 5 * kMiB);
  EXPECT_EQ(arena.take(kMiB - 100), small);
  EXPECT_EQ(arena.take(2 * kMiB), large);
  EXPECT_EQ(arena.take(2 * kMiB), large + 2 * kMiB);
  arena.give(wall, 64);
  arena.give(end, 64);
}

TEST(Arena, WhatIsFreeAtTheEndIsPartOfALargerRequest) {
  Arena arena;
  std::byte* const first = arena.take(3 * kMiB);
  arena.give(first, 3 * kMiB);
  EXPECT_EQ(arena.take(5 * kMiB), first);
  EXPECT_EQ(arena.warm_bytes(), 0);
  arena.give(first, 5 * kMiB);
  EXPECT_EQ(arena.warm_bytes(), 5 * kMiB);
}

TEST(Arena, AStepThatAsksForTheSameAgainFindsItWhereItWas) {
  Arena arena;
  const std::vector<std::int64_t> sizes = {3 * kMiB, 70000, 2 * kMiB + 64, 9 * kMiB, 100000, 65536, 7 * kMiB};
  std::vector<std::byte*> first;
  for (int step = 0; step < 3; ++step) {
    std::vector<std::byte*> blocks;
    for (const std::int64_t size : sizes) blocks.push_back(arena.take(size));
    if (step == 0) first = blocks;
    EXPECT_EQ(blocks, first);
    // Given back in another order than taken.
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::size_t which = (i * 3) % sizes.size();
      arena.give(blocks[which], sizes[which]);
    }
  }
}

TEST(Arena, ReleasedMemoryIsTakenAnewAndIsWhole) {
  Arena arena;
  std::byte* const kept = arena.take(kMiB);
  std::byte* const gone = arena.take(3 * kMiB);
  std::byte* const last = arena.take(kMiB);
  std::memset(kept, 1, kMiB);
  std::memset(gone, 2, 3 * kMiB);
  std::memset(last, 3, kMiB);
  arena.give(gone, 3 * kMiB);
  arena.release();
  EXPECT_EQ(arena.warm_bytes(), 0);
  EXPECT_TRUE(is_filled_with(kept, kMiB, std::byte{1}));
  EXPECT_TRUE(is_filled_with(last, kMiB, std::byte{3}));
  EXPECT_EQ(arena.take(3 * kMiB), gone);
  EXPECT_TRUE(is_filled_with(gone, 3 * kMiB, std::byte{0}));  // fresh pages
  arena.give(last, kMiB);
  arena.release();
  EXPECT_EQ(arena.take(kMiB), last);
}

TEST(Arena, GivesNullWhenTheSystemHasNoMore) {
  Arena arena;
  EXPECT_EQ(arena.take(std::int64_t{1} << 55), nullptr);
  std::byte* const block = arena.take(kMiB);
  EXPECT_NE(block, nullptr);
}

TEST(Arena, MakesDoWithTheAddressesAProcessMayHave) {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before;
  getrlimit(RLIMIT_AS, &before);
  rlimit limit = before;
  limit.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + 200 * kMiB);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
  Arena arena;
  std::byte* const too_large = arena.take(400 * kMiB);
  std::byte* const block = arena.take(30 * kMiB);
  setrlimit(RLIMIT_AS, &before);
  EXPECT_EQ(too_large, nullptr);
  ASSERT_NE(block, nullptr);
  std::memset(block, 1, 30 * kMiB);
  EXPECT_EQ(arena.warm_bytes(), 0);
}

}  // namespace
}  // namespace sequent::memory
