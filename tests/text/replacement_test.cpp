#include "sequent/text/replacement.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

struct Result {
  std::string text;
  bool first;
};

Result applied(const Replacement& replacement, std::string_view text) {
  bool first = true;
  std::string result = replacement.apply(text, first);
  return {result, first};
}

TEST(Replacement, ReplacesTextsAndMatches) {
  EXPECT_EQ(applied(Replacement::of_text(" ", "\u2581"), "a b  c").text,
            "a\u2581"
            "b\u2581\u2581"
            "c");
  EXPECT_EQ(applied(Replacement::of_text("aa", "b"), "aaaaa").text, "bba");
  EXPECT_EQ(applied(Replacement::of_text(".", ""), "a.b.").text, "ab");
  EXPECT_EQ(applied(Replacement::of_pattern(" {2,}", "_", "test"), "a  b   c d").text, "a_b_c d");
  EXPECT_EQ(applied(Replacement::of_text("", "-"), "ab").text, "-a-b-");
  EXPECT_EQ(applied(Replacement::of_text("", "-"), "").text, "");
  EXPECT_EQ(applied(Replacement::of_text("a", "b"),
                    "\xFF"
                    "a")
                .text,
            "\xFF"
            "b");
}

TEST(Replacement, SaysWhetherTheBeginningIsStillThere) {
  EXPECT_TRUE(applied(Replacement::of_text("a", "bc"), "ax").first);
  EXPECT_FALSE(applied(Replacement::of_text("aa", "b"), "aax").first);
  EXPECT_FALSE(applied(Replacement::of_text("a", ""), "ax").first);
  EXPECT_TRUE(applied(Replacement::of_text("x", ""), "ax").first);
}

TEST(Replacement, BoundsWhatATextBecomes) {
  EXPECT_NE(test::error_of([] {
              applied(Replacement::of_text("a", std::string(10000, 'x')), "aa");
            }).find("at most 256 times as long"),
            std::string::npos);
}

TEST(Prepend, LeavesAnEmptyTextEmpty) {
  EXPECT_EQ(PrependNormalizer("ab").normalize("c"), "abc");
  EXPECT_EQ(PrependNormalizer("ab").normalize(""), "");
}

}  // namespace
}  // namespace sequent
