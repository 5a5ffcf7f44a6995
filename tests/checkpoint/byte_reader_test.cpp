#include "sequent/checkpoint/byte_reader.h"

#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;

TEST(ByteReader, ReadsNumbersTextsAndLines) {
  const std::string text = "\x01\x02\x03\x04name\nrest";
  ByteReader reader(std::as_bytes(std::span(text)), "p");
  EXPECT_EQ(reader.number<std::uint16_t>(), 0x0201);
  EXPECT_EQ(reader.number<std::uint8_t>(), 3);
  EXPECT_EQ(reader.bytes(1)[0], std::byte{4});
  EXPECT_EQ(reader.line(), "name");
  EXPECT_EQ(reader.position(), 9);
  EXPECT_EQ(reader.text(2), "re");
  EXPECT_EQ(reader.left(), 2);
  reader.seek(13);
  EXPECT_EQ(reader.text(0), "");
}

TEST(ByteReader, NeverReadsPastTheEnd) {
  const std::string text = "abc";
  ByteReader reader(std::as_bytes(std::span(text)), "p");
  EXPECT_EQ(error_of([&] { reader.number<std::uint32_t>(); }), "p: cut short at byte 3");
  EXPECT_EQ(error_of([&] { reader.bytes(~std::uint64_t{0}); }), "p: cut short at byte 3");
  EXPECT_EQ(error_of([&] { reader.line(); }), "p: cut short at byte 3");
  EXPECT_EQ(error_of([&] { reader.seek(4); }), "p: byte 4 lies outside of its 3");
  EXPECT_EQ(error_of([&] { reader.seek(-1); }), "p: byte -1 lies outside of its 3");
  EXPECT_EQ(reader.text(3), "abc");
}

}  // namespace
}  // namespace sequent
