// Arena: large blocks cut out of one range of addresses, so that memory freed by tensors of one size serves another.
//
// A block is taken from the smallest free one that holds it, and free neighbours become one again. A training step
// asks for the same sizes in the same order again and again: after the first it finds everything where it was, and the
// process holds little more than was ever in use at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace sequent::memory {

/// Not for several threads at once.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// At least `bytes` > 0, 64-byte aligned; null when the system has no more.
  std::byte* take(std::int64_t bytes);
  /// Gives back what take() gave, for as many bytes.
  void give(std::byte* block, std::int64_t bytes);

  /// Free bytes that were in use before, so that the system still counts them as ours.
  std::int64_t warm_bytes() const { return warm_bytes_; }
  /// Returns those to the system; their addresses stay ours.
  void release();

 private:
  // A free block is warm when it was used before and cold when the system has not given memory for it yet.
  struct Free {
    std::int64_t size;
    bool warm;
  };
  using FreeBlocks = std::map<std::byte*, Free>;
  // Addresses up to `usable` may be touched.
  struct Region {
    std::byte* begin;
    std::byte* usable;
    std::byte* end;
  };

  void insert(std::byte* at, Free block);
  void erase(FreeBlocks::iterator block);
  void join(std::byte* at, Free block);
  FreeBlocks::iterator before(std::byte* at);
  std::byte* cut(FreeBlocks::iterator block, std::int64_t size);
  std::byte* take_cold(std::int64_t size);
  bool make_usable(std::byte* end);
  bool add_region(std::int64_t size);

  std::vector<Region> regions_;
  FreeBlocks free_;
  // The free blocks by size, cold and warm apart.
  std::array<std::set<std::pair<std::int64_t, std::byte*>>, 2> by_size_;
  std::int64_t warm_bytes_ = 0;
};

}  // namespace sequent::memory
