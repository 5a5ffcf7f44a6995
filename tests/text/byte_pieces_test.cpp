#include "sequent/text/byte_pieces.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(BytePieces, EveryByteHasOne) {
  EXPECT_EQ(byte_piece('\n'), "<0x0A>");
  EXPECT_EQ(byte_piece('\xFF'), "<0xFF>");
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(byte_of_piece(byte_piece(static_cast<char>(byte))), static_cast<char>(byte));
  }
  EXPECT_EQ(byte_of_piece("<0x0a>"), '\n');
}

TEST(BytePieces, NothingElseIsOne) {
  for (const char* piece : {"", "<0x0A", "<0x0A>>", "<0xG0>", "<0x0G>", "<0x+1>", "<0x 1>", "0x0A", "<0X0A>"}) {
    EXPECT_FALSE(byte_of_piece(piece).has_value()) << piece;
  }
}

}  // namespace
}  // namespace sequent
