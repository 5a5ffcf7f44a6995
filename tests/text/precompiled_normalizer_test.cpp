#include "sequent/text/precompiled_normalizer.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/text/charsmaps.h"

namespace sequent {
namespace {

PrecompiledNormalizer normalizer(const std::map<std::string, std::string>& entries) {
  return PrecompiledNormalizer(Charsmap(test::charsmap(entries), "test"));
}

// As the `tokenizers` library has it: the shortest entry that begins a cluster stands for all of a short one.
TEST(PrecompiledNormalizer, ReplacesShortClustersAsAWhole) {
  const auto replaced = normalizer({{"\r", " "}, {"\n", " "}, {"e\u0301", "\u00e9"}, {"a", "A"}});
  EXPECT_EQ(replaced.normalize("x\r\ny\r\ry\n"), "x y  y ");
  EXPECT_EQ(replaced.normalize("e\u0301"), "\u00e9");
  EXPECT_EQ(replaced.normalize("a\u0301"), "A");  // the mark is lost
  // Six bytes are too many: character by character.
  EXPECT_EQ(replaced.normalize("a\u0301\u0302\u0303"), "A\u0301\u0302\u0303");
  EXPECT_EQ(replaced.normalize("e\u0301\u0302\u0303"), "e\u0301\u0302\u0303");
}

TEST(PrecompiledNormalizer, LeavesTheRest) {
  const auto replaced = normalizer({{"a", "bb"}});
  EXPECT_EQ(replaced.normalize(""), "");
  EXPECT_EQ(replaced.normalize("xay\xFF"
                               "a\xC3"),
            "xbby\xFF"
            "bb\xC3");
}

TEST(PrecompiledNormalizer, BoundsWhatATextBecomes) {
  const auto replaced = normalizer({{"a", std::string(10000, 'x')}});
  EXPECT_NE(test::error_of([&] { replaced.normalize("aa"); }).find("at most 256 times as long"), std::string::npos);
}

}  // namespace
}  // namespace sequent
