#include "sequent/tensor/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sequent/base/error.h"

namespace sequent::memory {
namespace {

constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kHugePage = std::int64_t{2} << 20;
// What may stay free in any case when a request finds no block of its size.
constexpr std::int64_t kCacheFloor = std::int64_t{64} << 20;

// Sizes are rounded up to eight classes per power of two: at most an eighth is wasted.
std::int64_t size_class(std::int64_t bytes) {
  if (bytes <= 8 * kAlignment) return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const auto step = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(bytes - 1))) / 8;
  return (bytes + step - 1) / step * step;
}

class Cache {
 public:
  std::byte* take(std::int64_t bytes) {
    const std::int64_t size = size_class(bytes);
    std::lock_guard lock(mutex_);
    std::byte* block = nullptr;
    if (auto& blocks = free_[size]; !blocks.empty()) {
      block = blocks.back();
      blocks.pop_back();
      cached_ -= size;
    } else {
      // Together with what is in use, at most a quarter more than was ever in use at once: a training step that has
      // run before finds all its blocks again, but sizes that are no longer asked for are let go.
      trim(std::max(kCacheFloor, highest_ + highest_ / 4 - live_ - size));
      block = system_allocate(size);
      if (!block) {
        trim(0);
        block = system_allocate(size);
      }
      check(block != nullptr, "memory: no room for {} more bytes ({} in use)", bytes, live_);
    }
    live_ += bytes;
    peak_ = std::max(peak_, live_);
    highest_ = std::max(highest_, live_);
    return block;
  }

  void give(std::byte* block, std::int64_t bytes) {
    const std::int64_t size = size_class(bytes);
    std::lock_guard lock(mutex_);
    free_[size].push_back(block);
    cached_ += size;
    live_ -= bytes;
  }

  void release() {
    std::lock_guard lock(mutex_);
    trim(0);
  }

  void reset_peak() {
    std::lock_guard lock(mutex_);
    peak_ = live_;
  }

  std::int64_t read(std::int64_t Cache::*member) {
    std::lock_guard lock(mutex_);
    return this->*member;
  }

  std::int64_t live_ = 0;
  std::int64_t peak_ = 0;
  std::int64_t cached_ = 0;

 private:
  static std::byte* system_allocate(std::int64_t size) {
    const auto alignment = static_cast<std::size_t>(size >= kHugePage ? kHugePage : kAlignment);
    const std::size_t rounded = (static_cast<std::size_t>(size) + alignment - 1) / alignment * alignment;
    void* block = std::aligned_alloc(alignment, rounded);
    if (block && size >= kHugePage) madvise(block, rounded, MADV_HUGEPAGE);
    return static_cast<std::byte*>(block);
  }

  void trim(std::int64_t keep) {
    for (auto& [size, blocks] : free_) {
      while (cached_ > keep && !blocks.empty()) {
        std::free(blocks.back());
        blocks.pop_back();
        cached_ -= size;
      }
    }
  }

  std::int64_t highest_ = 0;  // of live_, ever
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::vector<std::byte*>> free_;
};

// Never destroyed: tensors with static lifetime may be freed after any destructor of ours has run.
Cache& cache() {
  static Cache* instance = new Cache;
  return *instance;
}

}  // namespace

std::int64_t live_bytes() {
  return cache().read(&Cache::live_);
}

std::int64_t peak_bytes() {
  return cache().read(&Cache::peak_);
}

std::int64_t cached_bytes() {
  return cache().read(&Cache::cached_);
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
