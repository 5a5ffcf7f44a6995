#include "sequent/tensor/arena.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace sequent::memory {
namespace {

constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kHugePage = std::int64_t{2} << 20;
// Addresses cost nothing; a process that may not have so many gets a smaller region, or several.
constexpr std::int64_t kRegion = std::int64_t{64} << 30;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::byte* align(std::byte* at, std::int64_t unit) {
  const auto address = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(at));
  return at + (round_up(address, unit) - address);
}

}  // namespace

Arena::~Arena() {
  for (const Region& region : regions_) {
    const auto length = static_cast<std::size_t>(region.end - region.begin);
    ASAN_UNPOISON_MEMORY_REGION(region.begin, length);
    munmap(region.begin, length);
  }
}

void Arena::insert(std::byte* at, Free block) {
  by_size_[block.warm].insert({block.size, at});
  if (block.warm) warm_bytes_ += block.size;
  free_.insert({at, block});
}

void Arena::erase(FreeBlocks::iterator block) {
  by_size_[block->second.warm].erase({block->second.size, block->first});
  if (block->second.warm) warm_bytes_ -= block->second.size;
  free_.erase(block);
}

// Inserts a block joined with its neighbours of the same kind.
void Arena::join(std::byte* at, Free block) {
  const auto next = free_.lower_bound(at);
  if (next != free_.end() && next->second.warm == block.warm && at + block.size == next->first) {
    block.size += next->second.size;
    erase(next);
  }
  if (const auto previous = before(at); previous != free_.end() && previous->second.warm == block.warm) {
    at = previous->first;
    block.size += previous->second.size;
    erase(previous);
  }
  insert(at, block);
}

// The free block that ends where `at` begins.
Arena::FreeBlocks::iterator Arena::before(std::byte* at) {
  const auto next = free_.lower_bound(at);
  if (next == free_.begin()) return free_.end();
  const auto previous = std::prev(next);
  return previous->first + previous->second.size == at ? previous : free_.end();
}

// Takes the first `size` bytes of a free block.
std::byte* Arena::cut(FreeBlocks::iterator block, std::int64_t size) {
  const auto [at, whole] = *block;
  erase(block);
  if (whole.size > size) insert(at + size, {whole.size - size, whole.warm});
  return at;
}

// Lets memory be touched up to `end`.
bool Arena::make_usable(std::byte* end) {
  const auto region =
      std::find_if(regions_.begin(), regions_.end(), [&](const Region& r) { return r.begin < end && end <= r.end; });
  if (end <= region->usable) return true;
  std::byte* const usable = std::min(align(end, kHugePage), region->end);
  if (mprotect(region->usable, static_cast<std::size_t>(usable - region->usable), PROT_READ | PROT_WRITE) != 0) {
    return false;
  }
  region->usable = usable;
  return true;
}

bool Arena::add_region(std::int64_t size) {
  for (std::int64_t wanted = std::max(kRegion, size);; wanted = std::max(size, wanted / 2)) {
    const std::int64_t length = round_up(wanted, kHugePage) + kHugePage;
    void* const mapped = mmap(nullptr, static_cast<std::size_t>(length), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED && wanted == size) return false;
    if (mapped == MAP_FAILED) continue;
    madvise(mapped, static_cast<std::size_t>(length), MADV_HUGEPAGE);
    const auto begin = static_cast<std::byte*>(mapped);
    // Never at the very beginning: blocks of two regions are not neighbours.
    std::byte* const first = align(begin + 1, kHugePage);
    regions_.push_back({begin, first, begin + length});
    insert(first, {begin + length - first, /*warm=*/false});
    return true;
  }
}

std::byte* Arena::take(std::int64_t bytes) {
  const std::int64_t size = round_up(bytes, kAlignment);
  const auto fit = by_size_[true].lower_bound({size, nullptr});
  std::byte* const block = fit != by_size_[true].end() ? cut(free_.find(fit->second), size) : take_cold(size);
  if (block) ASAN_UNPOISON_MEMORY_REGION(block, static_cast<std::size_t>(size));
  return block;
}

std::byte* Arena::take_cold(std::int64_t size) {
  const auto smallest = [&] { return by_size_[false].lower_bound({size, nullptr}); };
  auto fit = smallest();
  if (fit == by_size_[false].end()) {
    if (!add_region(size)) return nullptr;
    fit = smallest();
  }
  const auto cold = free_.find(fit->second);
  // What is warm and free just before it need not be taken anew.
  const auto previous = before(cold->first);
  const bool joined = previous != free_.end() && previous->second.warm;
  std::byte* const block = joined ? previous->first : cold->first;
  if (!make_usable(block + size)) return nullptr;
  cut(cold, block + size - cold->first);
  if (joined) erase(previous);
  return block;
}

void Arena::give(std::byte* block, std::int64_t bytes) {
  const std::int64_t size = round_up(bytes, kAlignment);
  ASAN_POISON_MEMORY_REGION(block, static_cast<std::size_t>(size));
  join(block, {size, /*warm=*/true});
}

void Arena::release() {
  const std::int64_t page = sysconf(_SC_PAGESIZE);
  // Blocks that turn cold join, so this is over when none is warm.
  while (!by_size_[true].empty()) {
    const auto [size, at] = *by_size_[true].begin();
    std::byte* const first = align(at, page);
    std::byte* const last = align(at + size + 1, page) - page;
    if (last > first) madvise(first, static_cast<std::size_t>(last - first), MADV_DONTNEED);
    erase(free_.find(at));
    join(at, {size, /*warm=*/false});
  }
}

}  // namespace sequent::memory
