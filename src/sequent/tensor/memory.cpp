#include "sequent/tensor/memory.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/tensor/arena.h"

namespace sequent::memory {
namespace {

constexpr std::int64_t kAlignment = 64;
// From here on blocks come from the arena. Smaller ones would leave holes in it, and are asked for so often, token by
// token, that finding one must take no time.
constexpr std::int64_t kLarge = std::int64_t{64} << 10;

// Sizes of small blocks are rounded up to eight classes per power of two: at most an eighth is wasted.
std::int64_t size_class(std::int64_t bytes) {
  if (bytes <= 8 * kAlignment) return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const auto step = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(bytes - 1))) / 8;
  return (bytes + step - 1) / step * step;
}

class Cache {
 public:
  std::byte* take(std::int64_t bytes) {
    std::lock_guard lock(mutex_);
    std::byte* const block = bytes < kLarge ? take_small(size_class(bytes)) : arena_.take(bytes);
    check(block != nullptr, "memory: no room for {} more bytes ({} in use)", bytes, live_);
    live_ += bytes;
    peak_ = std::max(peak_, live_);
    return block;
  }

  void give(std::byte* block, std::int64_t bytes) {
    std::lock_guard lock(mutex_);
    live_ -= bytes;
    if (bytes >= kLarge) return arena_.give(block, bytes);
    free_[size_class(bytes)].push_back(block);
    small_cached_ += size_class(bytes);
  }

  void release() {
    std::lock_guard lock(mutex_);
    arena_.release();
    for (auto& [size, blocks] : free_) {
      for (std::byte* block : blocks) std::free(block);
      blocks.clear();
    }
    small_cached_ = 0;
  }

  void reset_peak() {
    std::lock_guard lock(mutex_);
    peak_ = live_;
  }

  std::int64_t live() {
    std::lock_guard lock(mutex_);
    return live_;
  }

  std::int64_t peak() {
    std::lock_guard lock(mutex_);
    return peak_;
  }

  std::int64_t cached() {
    std::lock_guard lock(mutex_);
    return small_cached_ + arena_.warm_bytes();
  }

 private:
  std::byte* take_small(std::int64_t size) {
    std::vector<std::byte*>& blocks = free_[size];
    if (blocks.empty()) {
      return static_cast<std::byte*>(
          std::aligned_alloc(static_cast<std::size_t>(kAlignment), static_cast<std::size_t>(size)));
    }
    std::byte* const block = blocks.back();
    blocks.pop_back();
    small_cached_ -= size;
    return block;
  }

  std::mutex mutex_;
  std::int64_t live_ = 0;
  std::int64_t peak_ = 0;
  std::int64_t small_cached_ = 0;
  std::unordered_map<std::int64_t, std::vector<std::byte*>> free_;  // small blocks by their class
  Arena arena_;
};

// Never destroyed: tensors with static lifetime may be freed after any destructor of ours has run.
Cache& cache() {
  static Cache* instance = new Cache;
  return *instance;
}

}  // namespace

std::int64_t live_bytes() {
  return cache().live();
}

std::int64_t peak_bytes() {
  return cache().peak();
}

std::int64_t cached_bytes() {
  return cache().cached();
}

void reset_peak() {
  cache().reset_peak();
}

void release_cache() {
  cache().release();
}

std::shared_ptr<std::byte> allocate(std::int64_t bytes) {
  // Far above any memory there is, and low enough for the rounding to size classes.
  constexpr std::int64_t kMaximum = std::int64_t{1} << 56;
  check(bytes >= 0 && bytes <= kMaximum, "memory: cannot allocate {} bytes", bytes);
  if (bytes == 0) return {};
  return {cache().take(bytes), [bytes](std::byte* block) { cache().give(block, bytes); }};
}

}  // namespace sequent::memory
