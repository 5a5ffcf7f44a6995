// Python's pickles read as data. A pickle is a program for a machine with a stack; here it can build plain values and
// describe which function would be called with which arguments, but there is nothing to call: nothing is executed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sequent {

/// A name that a pickle may mention. All others are refused.
struct PickleGlobal {
  std::string_view module;
  std::string_view name;
  /// A class of dictionaries: called without arguments it is an empty one.
  bool is_dictionary = false;
};

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  big_integer,  // beyond 64 bits; its value is not kept
  number,
  text,
  bytes,
  global,      // one of the names given
  tuple,       // items
  list,        // items
  set,         // items
  dictionary,  // items: key, value, key, value, ...
  call,        // items: what would be called, the tuple of its arguments
  reference,   // items: one, what names an object outside of the pickle ("persistent id")
};

/// The values of a pickle. They name each other by their places, so that cycles and shared parts do no harm.
class Pickle {
 public:
  using Index = std::uint32_t;

  /// Reads protocols 2 to 5. Texts point into `bytes`, which must outlive this. `place` begins every Error. Refused: a
  /// name that is not among `globals` ("PLACE: refuses MODULE.NAME: ..."), opcodes that saved tensors do not need,
  /// whatever no pickler writes, and more than 64 MB. Nothing recurses, and the memory is at most a fixed multiple of
  /// the bytes.
  Pickle(std::span<const std::byte> bytes, std::span<const PickleGlobal> globals, std::string_view place);

  Index root() const { return root_; }
  PickleKind kind(Index index) const { return nodes_[index].kind; }
  /// Of an integer or boolean; of a global its place among those given.
  std::int64_t integer(Index index) const { return static_cast<std::int64_t>(nodes_[index].a); }
  double number(Index index) const;
  /// Of a text or of bytes.
  std::string_view text(Index index) const;
  std::span<const Index> items(Index index) const;

 private:
  class Machine;
  struct Node {
    PickleKind kind = PickleKind::none;
    std::uint64_t a = 0;  // value, or place: in the bytes, in fixed_ (what cannot grow), or among growing_
    std::uint64_t b = 0;  // length
  };
  std::span<const std::byte> bytes_;
  std::vector<Node> nodes_;
  std::vector<Index> fixed_;
  std::vector<std::vector<Index>> growing_;
  Index root_ = 0;
};

}  // namespace sequent
