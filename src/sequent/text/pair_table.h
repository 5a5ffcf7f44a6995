// A flat hash table from a pair of token ids to a value, made for look-ups in the innermost loop of byte-pair encoding.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sequent/base/word_hash.h"

namespace sequent {

template <class Value>
class PairTable {
 public:
  PairTable() : slots_(16) {}

  /// The value of (left, right), or nullptr. Valid until the next insertion.
  const Value* find(std::int32_t left, std::int32_t right) const {
    const Slot& slot = slots_[slot_of(key_of(left, right))];
    return slot.key == kEmpty ? nullptr : &slot.value;
  }
  Value* find(std::int32_t left, std::int32_t right) {
    return const_cast<Value*>(std::as_const(*this).find(left, right));
  }

  /// The value of (left, right), made from Value{} if it is new.
  Value& operator()(std::int32_t left, std::int32_t right) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    const std::uint64_t key = key_of(left, right);
    Slot& slot = slots_[slot_of(key)];
    if (slot.key == kEmpty) {
      slot.key = key;
      ++size_;
    }
    return slot.value;
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // ids are not negative, so no pair has this key

  struct Slot {
    std::uint64_t key = kEmpty;
    Value value = {};
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  std::size_t slot_of(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = mix_bits(key) & mask;
    while (slots_[slot].key != key && slots_[slot].key != kEmpty) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.key != kEmpty) slots_[slot_of(slot.key)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace sequent
