#include "sequent/text/sentence_piece_normalizer.h"

#include <gtest/gtest.h>

#include "tests/text/charsmaps.h"

namespace sequent {
namespace {

std::string normalized(std::string_view text, SentencePieceNormalization options = {}) {
  return SentencePieceNormalizer(std::move(options)).normalize(text);
}

TEST(SentencePieceNormalizer, RemovesExtraSpacesAndPutsOneInFront) {
  EXPECT_EQ(normalized("  a  b "), "\u2581a\u2581b");
  EXPECT_EQ(normalized("   "), "");
  EXPECT_EQ(normalized(""), "");
}

TEST(SentencePieceNormalizer, DoesEachOnlyIfAsked) {
  EXPECT_EQ(normalized(" a  b ", {.charsmap = {}, .untouched = {}, .remove_extra_whitespaces = false}),
            "\u2581\u2581a\u2581\u2581b\u2581");
  EXPECT_EQ(normalized("a  b", {.charsmap = {}, .untouched = {}, .add_dummy_prefix = false}), "a\u2581b");
  EXPECT_EQ(normalized("a b", {.charsmap = {}, .untouched = {}, .escape_whitespaces = false}), " a b");
}

TEST(SentencePieceNormalizer, ReplacesTheLongestEntry) {
  SentencePieceNormalization options;
  options.charsmap.emplace(test::charsmap({{"e", "E"}, {"e\u0301", "\u00e9"}, {"\t", " "}, {"\u00bd", "1 2"}}), "test");
  EXPECT_EQ(normalized("e\u0301e\t\tx\u00bd", options), "\u2581\u00e9E\u2581x1\u25812");
}

TEST(SentencePieceNormalizer, LeavesUserDefinedPiecesAlone) {
  SentencePieceNormalization options;
  options.charsmap.emplace(test::charsmap({{"a", "A"}}), "test");
  options.untouched.add("ba", 0);
  EXPECT_EQ(normalized("aba", options),
            "\u2581"
            "Aba");
}

TEST(SentencePieceNormalizer, ReplacesInvalidBytes) {
  EXPECT_EQ(normalized("a\xFF\xC3"),
            "\u2581"
            "a\uFFFD\uFFFD");
}

}  // namespace
}  // namespace sequent
