#include "sequent/checkpoint/pickle.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/byte_reader.h"

namespace sequent {
namespace {

constexpr std::size_t kMaximumBytes = std::size_t{64} << 20;

// Values of which one is enough.
constexpr Pickle::Index kNone = 0, kFalse = 1, kTrue = 2, kEmptyTuple = 3;

}  // namespace

class Pickle::Machine {
 public:
  Machine(Pickle& pickle, std::span<const PickleGlobal> globals, std::string_view place)
      : p_(pickle), globals_(globals), place_(place), reader_(pickle.bytes_, place) {
    p_.nodes_ = {{PickleKind::none}, {PickleKind::boolean, 0}, {PickleKind::boolean, 1}, {PickleKind::tuple}};
  }

  Index run() {
    while (true) {
      const auto opcode = reader_.number<std::uint8_t>();
      if (opcode == '.') break;
      step(opcode);
    }
    const Index root = pop();
    check(stack_.empty() && marks_.empty(), "{}: values are left over at its end", place_);
    return root;
  }

 private:
  // The opcodes of pickletools.py that saved tensors and the plain values beside them need.
  void step(std::uint8_t opcode) {
    switch (opcode) {
      case 0x80:
        return protocol();
      case 0x95:
        return static_cast<void>(reader_.number<std::uint64_t>());  // FRAME: only a hint for buffers

      case 'N':
        return push(kNone);
      case 0x88:
        return push(kTrue);
      case 0x89:
        return push(kFalse);
      case 'J':
        return push_integer(reader_.number<std::int32_t>());
      case 'K':
        return push_integer(reader_.number<std::uint8_t>());
      case 'M':
        return push_integer(reader_.number<std::uint16_t>());
      case 0x8a:
        return long_integer();
      case 'G':
        return big_endian_number();

      case 'X':
        return push_text(PickleKind::text, reader_.number<std::uint32_t>());
      case 0x8c:
        return push_text(PickleKind::text, reader_.number<std::uint8_t>());
      case 0x8d:
        return push_text(PickleKind::text, reader_.number<std::uint64_t>());
      case 'U':
        return push_text(PickleKind::text, reader_.number<std::uint8_t>());
      case 'T':
        return push_text(PickleKind::text, reader_.number<std::uint32_t>());
      case 'B':
        return push_text(PickleKind::bytes, reader_.number<std::uint32_t>());
      case 'C':
        return push_text(PickleKind::bytes, reader_.number<std::uint8_t>());

      case '(':
        return marks_.push_back(stack_.size());
      case ')':
        return push(kEmptyTuple);
      case 0x85:
        return tuple(stack_.size() - std::min<std::size_t>(stack_.size(), 1), 1);
      case 0x86:
        return tuple(stack_.size() - std::min<std::size_t>(stack_.size(), 2), 2);
      case 0x87:
        return tuple(stack_.size() - std::min<std::size_t>(stack_.size(), 3), 3);
      case 't':
        return tuple_to_mark();

      case ']':
        return push_growing(PickleKind::list);
      case '}':
        return push_growing(PickleKind::dictionary);
      case 0x8f:
        return push_growing(PickleKind::set);
      case 'a':
        return add(PickleKind::list, 1);
      case 's':
        return add(PickleKind::dictionary, 2);
      case 'e':
        return add_to_mark(PickleKind::list);
      case 'u':
        return add_to_mark(PickleKind::dictionary);
      case 0x90:
        return add_to_mark(PickleKind::set);

      case 'q':
        return remember(reader_.number<std::uint8_t>());
      case 'r':
        return remember(reader_.number<std::uint32_t>());
      case 0x94:
        return remember(static_cast<std::uint32_t>(memo_.size()));
      case 'h':
        return recall(reader_.number<std::uint8_t>());
      case 'j':
        return recall(reader_.number<std::uint32_t>());

      case 'c':
        return global();
      case 0x93:
        return stack_global();
      case 'R':
        return call();
      case 0x81:
        return call();  // NEWOBJ: a class called by its __new__
      case 'b':
        return build();
      case 'Q':
        return push_fixed(PickleKind::reference, {pop()});
      default:
        fail("{}: opcode {:#04x} at byte {} is not one that saved tensors need", place_, opcode,
             reader_.position() - 1);
    }
  }

  void protocol() {
    const auto version = reader_.number<std::uint8_t>();
    check(version >= 2 && version <= 5, "{}: protocol must be 2 to 5, got {}", place_, version);
  }

  // --- the stack

  void push(Index value) { stack_.push_back(value); }
  // A mark hides what lies below it.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  void need(std::size_t count) const {
    check(stack_.size() - floor() >= count, "{}: the stack is empty at byte {}", place_, reader_.position());
  }
  Index pop() {
    need(1);
    const Index top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::size_t pop_mark() {
    check(!marks_.empty(), "{}: the stack has no mark at byte {}", place_, reader_.position());
    const std::size_t mark = marks_.back();
    marks_.pop_back();
    return mark;
  }

  // --- plain values

  void push_node(PickleKind kind, std::uint64_t a, std::uint64_t b = 0) {
    p_.nodes_.push_back({kind, a, b});
    push(static_cast<Index>(p_.nodes_.size() - 1));
  }
  void push_integer(std::int64_t value) { push_node(PickleKind::integer, static_cast<std::uint64_t>(value)); }

  void long_integer() {
    const std::span<const std::byte> bytes = reader_.bytes(reader_.number<std::uint8_t>());
    if (bytes.size() > sizeof(std::int64_t)) return push_node(PickleKind::big_integer, 0);
    // Two's complement of as many bytes as it takes; the last one has the sign.
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push_integer(value);
  }

  void big_endian_number() {
    std::uint64_t bits = 0;
    for (const std::byte byte : reader_.bytes(sizeof(bits))) bits = bits << 8 | static_cast<std::uint64_t>(byte);
    push_node(PickleKind::number, bits);
  }

  void push_text(PickleKind kind, std::uint64_t count) {
    const auto place = static_cast<std::uint64_t>(reader_.position());
    reader_.bytes(count);
    push_node(kind, place, count);
  }

  // --- collections

  void push_fixed(PickleKind kind, std::initializer_list<Index> items) {
    const std::size_t place = p_.fixed_.size();
    p_.fixed_.insert(p_.fixed_.end(), items.begin(), items.end());
    push_node(kind, place, items.size());
  }

  void tuple(std::size_t begin, std::size_t count) {
    need(count);
    const std::size_t place = p_.fixed_.size();
    p_.fixed_.insert(p_.fixed_.end(), stack_.begin() + static_cast<std::ptrdiff_t>(begin), stack_.end());
    stack_.resize(begin);
    push_node(PickleKind::tuple, place, count);
  }
  void tuple_to_mark() {
    const std::size_t mark = pop_mark();
    tuple(mark, stack_.size() - mark);
  }

  void push_growing(PickleKind kind) {
    p_.growing_.emplace_back();
    push_node(kind, p_.growing_.size() - 1);
  }

  // Moves the last `count` values of the stack into the collection below them.
  void add(PickleKind kind, std::size_t count) {
    need(count + 1);
    const std::size_t begin = stack_.size() - count;
    const Node& target = p_.nodes_[stack_[begin - 1]];
    check(target.kind == kind, "{}: adds values to what cannot hold them at byte {}", place_, reader_.position());
    check(kind != PickleKind::dictionary || count % 2 == 0, "{}: a key without value at byte {}", place_,
          reader_.position());
    std::vector<Index>& items = p_.growing_[target.a];
    items.insert(items.end(), stack_.begin() + static_cast<std::ptrdiff_t>(begin), stack_.end());
    stack_.resize(begin);
  }
  void add_to_mark(PickleKind kind) {
    const std::size_t mark = pop_mark();
    add(kind, stack_.size() - mark);
  }

  // --- the memo

  void remember(std::uint32_t key) {
    need(1);
    memo_[key] = stack_.back();
  }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    check(found != memo_.end(), "{}: asks for memo {}, which was never made", place_, key);
    push(found->second);
  }

  // --- objects

  void global() {
    const std::string_view module = reader_.line();
    push_global(module, reader_.line());
  }
  void stack_global() {
    const Index name = pop(), module = pop();
    check(p_.kind(name) == PickleKind::text && p_.kind(module) == PickleKind::text,
          "{}: a global's module and name must be texts at byte {}", place_, reader_.position());
    push_global(p_.text(module), p_.text(name));
  }
  void push_global(std::string_view module, std::string_view name) {
    const auto found = std::find_if(globals_.begin(), globals_.end(), [&](const PickleGlobal& known) {
      return known.module == module && known.name == name;
    });
    check(found != globals_.end(),
          "{}: refuses {}: loading it would run code, which is never done here; save the tensors alone, for example as "
          "torch.save(model.state_dict(), file), or as safetensors",
          place_, shown_name(fmt::format("{}.{}", module, name)));
    push_node(PickleKind::global, static_cast<std::uint64_t>(found - globals_.begin()));
  }

  void call() {
    const Index arguments = pop(), callable = pop();
    check(p_.kind(callable) == PickleKind::global && p_.kind(arguments) == PickleKind::tuple,
          "{}: calls what is no function, or without a tuple of arguments, at byte {}", place_, reader_.position());
    if (!globals_[static_cast<std::size_t>(p_.integer(callable))].is_dictionary) {
      return push_fixed(PickleKind::call, {callable, arguments});
    }
    check(p_.items(arguments).empty(), "{}: makes a dictionary from arguments at byte {}", place_, reader_.position());
    push_growing(PickleKind::dictionary);
  }

  // Attributes of an object, which no tensor and no plain value has any use for.
  void build() {
    pop();
    need(1);
    const PickleKind kind = p_.kind(stack_.back());
    check(kind == PickleKind::dictionary || kind == PickleKind::call,
          "{}: gives attributes to a plain value at byte {}", place_, reader_.position());
  }

  Pickle& p_;
  std::span<const PickleGlobal> globals_;
  std::string_view place_;
  ByteReader reader_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Index> memo_;
};

Pickle::Pickle(std::span<const std::byte> bytes, std::span<const PickleGlobal> globals, std::string_view place)
    : bytes_(bytes) {
  check(bytes.size() <= kMaximumBytes, "{}: at most {} bytes, got {}", place, kMaximumBytes, bytes.size());
  root_ = Machine(*this, globals, place).run();
}

double Pickle::number(Index index) const {
  return std::bit_cast<double>(nodes_[index].a);
}

std::string_view Pickle::text(Index index) const {
  const Node& node = nodes_[index];
  return {reinterpret_cast<const char*>(bytes_.data()) + node.a, static_cast<std::size_t>(node.b)};
}

std::span<const Pickle::Index> Pickle::items(Index index) const {
  const Node& node = nodes_[index];
  switch (node.kind) {
    case PickleKind::tuple:
    case PickleKind::call:
    case PickleKind::reference:
      return std::span(fixed_).subspan(node.a, node.b);
    case PickleKind::list:
    case PickleKind::set:
    case PickleKind::dictionary:
      return growing_[node.a];
    default:
      return {};
  }
}

}  // namespace sequent
