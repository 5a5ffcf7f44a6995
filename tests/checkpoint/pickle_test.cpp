#include "sequent/checkpoint/pickle.h"

#include <array>
#include <string>

#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using namespace std::string_literals;

constexpr std::array<PickleGlobal, 2> kGlobals = {{{"collections", "OrderedDict", true}, {"torch", "Size"}}};

// A pickle and the bytes it points into.
struct Read {
  explicit Read(std::string text) : bytes("\x80\x02"s + text), pickle(std::as_bytes(std::span(bytes)), kGlobals, "p") {}
  std::string bytes;
  Pickle pickle;
};

std::string shown(const Pickle& pickle, Pickle::Index index) {
  std::string items;
  for (const Pickle::Index item : pickle.items(index))
    items.append(items.empty() ? "" : " ").append(shown(pickle, item));
  switch (pickle.kind(index)) {
    case PickleKind::none:
      return "None";
    case PickleKind::boolean:
      return pickle.integer(index) != 0 ? "True" : "False";
    case PickleKind::integer:
      return std::to_string(pickle.integer(index));
    case PickleKind::big_integer:
      return "big";
    case PickleKind::number:
      return fmt::format("{}", pickle.number(index));
    case PickleKind::text:
      return fmt::format("'{}'", pickle.text(index));
    case PickleKind::bytes:
      return fmt::format("b'{}'", pickle.text(index));
    case PickleKind::global:
      return std::string(kGlobals[static_cast<std::size_t>(pickle.integer(index))].name);
    case PickleKind::tuple:
      return fmt::format("({})", items);
    case PickleKind::list:
      return fmt::format("[{}]", items);
    case PickleKind::set:
      return fmt::format("set({})", items);
    case PickleKind::dictionary:
      return fmt::format("{{{}}}", items);
    case PickleKind::call:
      return fmt::format("call({})", items);
    case PickleKind::reference:
      return fmt::format("reference({})", items);
  }
  return "?";
}

std::string value_of(const std::string& text) {
  const Read read(text);
  return shown(read.pickle, read.pickle.root());
}

std::string refusal(const std::string& text) {
  return error_of([&] { Read read(text); });
}

TEST(Pickle, ReadsPlainValues) {
  EXPECT_EQ(value_of("N."), "None");
  EXPECT_EQ(value_of("\x88."), "True");
  EXPECT_EQ(value_of("\x89."), "False");
  EXPECT_EQ(value_of("J\xfe\xff\xff\xff."), "-2");
  EXPECT_EQ(value_of("K\xff."), "255");
  EXPECT_EQ(value_of("M\x01\x02."), "513");
  EXPECT_EQ(value_of("\x8a\x00."s), "0");
  EXPECT_EQ(value_of("\x8a\x01\xff."), "-1");
  EXPECT_EQ(value_of("\x8a\x02\xff\x00."s), "255");
  EXPECT_EQ(value_of("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."s), "-9223372036854775808");
  EXPECT_EQ(value_of("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."s), "big");
  EXPECT_EQ(value_of("G\xbf\xf8\x00\x00\x00\x00\x00\x00."s), "-1.5");
  EXPECT_EQ(value_of("X\x02\x00\x00\x00\xc3\xa4."s), "'\xc3\xa4'");
  EXPECT_EQ(value_of("\x8c\x01z."), "'z'");
  EXPECT_EQ(value_of("U\x01z."), "'z'");
  EXPECT_EQ(value_of("C\x02zz."), "b'zz'");
}

TEST(Pickle, ReadsCollections) {
  EXPECT_EQ(value_of(")."), "()");
  EXPECT_EQ(value_of("N\x85."), "(None)");
  EXPECT_EQ(value_of("K\x01K\x02\x86."), "(1 2)");
  EXPECT_EQ(value_of("K\x01K\x02K\x03\x87."), "(1 2 3)");
  EXPECT_EQ(value_of("((K\x01K\x02tK\x03K\x04t."), "((1 2) 3 4)");
  EXPECT_EQ(value_of("]K\x01\x61(K\x02K\x03\x65."), "[1 2 3]");
  EXPECT_EQ(value_of("}K\x01K\x02s(K\x03K\x04K\x05K\x06u."), "{1 2 3 4 5 6}");
  EXPECT_EQ(value_of("\x8f(K\x01\x90."), "set(1)");
  EXPECT_EQ(value_of("(t."), "()");
}

TEST(Pickle, DescribesObjectsWithoutMakingThem) {
  EXPECT_EQ(value_of("ccollections\nOrderedDict\n)RK\x01K\x02s}b."), "{1 2}");
  EXPECT_EQ(value_of("ctorch\nSize\nK\x01\x85\x85R."), "call(Size ((1)))");
  EXPECT_EQ(value_of("ctorch\nSize\n)\x81}b."), "call(Size ())");
  EXPECT_EQ(value_of("\x8c\x05torch\x8c\x04Size\x93."), "Size");
  EXPECT_EQ(value_of("K\x01\x85Q."), "reference((1))");
}

TEST(Pickle, RemembersValuesAndLetsThemNameEachOther) {
  EXPECT_EQ(value_of("K\x07q\x05h\x05\x86."), "(7 7)");
  EXPECT_EQ(value_of("K\x07r\x05\x00\x00\x00j\x05\x00\x00\x00\x86."s), "(7 7)");
  EXPECT_EQ(value_of("K\x07\x94h\x00\x86."s), "(7 7)");
  // A list in itself.
  const Read read("]q\x01h\x01\x61.");
  ASSERT_EQ(read.pickle.kind(read.pickle.root()), PickleKind::list);
  EXPECT_EQ(read.pickle.items(read.pickle.root())[0], read.pickle.root());
}

TEST(Pickle, RefusesUnknownNamesAndSaysWhatToDo) {
  EXPECT_EQ(
      refusal("cos\nsystem\nX\x02\x00\x00\x00ls\x85R."s),
      "p: refuses \"os.system\": loading it would run code, which is never done here; save the tensors alone, for "
      "example as torch.save(model.state_dict(), file), or as safetensors");
  EXPECT_NE(refusal("\x8c\x08\x62uiltins\x8c\x04\x65val\x93.").find("refuses \"builtins.eval\""), std::string::npos);
  // The names of two globals do not mix.
  EXPECT_NE(refusal("ctorch\nOrderedDict\n.").find("refuses \"torch.OrderedDict\""), std::string::npos);
}

TEST(Pickle, RefusesWhatNoPicklerWrites) {
  EXPECT_EQ(refusal("i"), "p: opcode 0x69 at byte 2 is not one that saved tensors need");
  EXPECT_EQ(refusal("\x80\x06."), "p: protocol must be 2 to 5, got 6");
  EXPECT_EQ(refusal("."), "p: the stack is empty at byte 3");
  EXPECT_EQ(refusal("NN."), "p: values are left over at its end");
  EXPECT_EQ(refusal("(N."), "p: values are left over at its end");
  EXPECT_EQ(refusal("N(\x85."), "p: the stack is empty at byte 5");
  EXPECT_EQ(refusal("\x86."), "p: the stack is empty at byte 3");
  EXPECT_EQ(refusal("t."), "p: the stack has no mark at byte 3");
  EXPECT_EQ(refusal("N"), "p: cut short at byte 3");
  EXPECT_EQ(refusal("X\xff\xff\xff\xff."), "p: cut short at byte 8");
  EXPECT_EQ(refusal("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), "p: cut short at byte 12");
  EXPECT_EQ(refusal("ctorch"), "p: cut short at byte 8");
  EXPECT_EQ(refusal("h\x07."), "p: asks for memo 7, which was never made");
  EXPECT_EQ(refusal("K\x01K\x02\x61."), "p: adds values to what cannot hold them at byte 7");
  EXPECT_EQ(refusal("}(K\x02u."), "p: a key without value at byte 7");
  EXPECT_EQ(refusal("K\x01)R."), "p: calls what is no function, or without a tuple of arguments, at byte 6");
  EXPECT_EQ(refusal("ctorch\nSize\nNR."), "p: calls what is no function, or without a tuple of arguments, at byte 16");
  EXPECT_EQ(refusal("ccollections\nOrderedDict\nK\x01\x85R."), "p: makes a dictionary from arguments at byte 31");
  EXPECT_EQ(refusal("K\x01}b."), "p: gives attributes to a plain value at byte 6");
  EXPECT_EQ(refusal("K\x01K\x02\x93."), "p: a global's module and name must be texts at byte 7");
}

TEST(Pickle, ReadsDeepNestingWithoutRecursion) {
  const std::string deep = std::string(1000000, ']') + std::string(999999, 'a') + ".";
  const Read read(deep);
  EXPECT_EQ(read.pickle.items(read.pickle.root()).size(), 1u);
  std::string tuples = ")";
  tuples.append(1000000, '\x85');
  EXPECT_EQ(Read(tuples + ".").pickle.kind(Read(tuples + ".").pickle.root()), PickleKind::tuple);
}

TEST(Pickle, RefusesMoreThanSavedTensorsNeed) {
  EXPECT_EQ(refusal(std::string(64 << 20, 'N')), "p: at most 67108864 bytes, got 67108866");
}

}  // namespace
}  // namespace sequent
