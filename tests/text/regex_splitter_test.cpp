#include "sequent/text/regex_splitter.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/text/pieces.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using Pieces = std::vector<std::string>;
using test::pieces;

TEST(RegexSplitter, WhatLiesBetweenMatchesIsAPieceToo) {
  const RegexSplitter splitter("[0-9]+", "test");
  EXPECT_EQ(pieces(splitter, "ab12c3"), (Pieces{"ab", "12", "c", "3"}));
  EXPECT_EQ(pieces(splitter, "12"), Pieces{"12"});
  EXPECT_EQ(pieces(splitter, "none"), Pieces{"none"});
  EXPECT_EQ(pieces(splitter, ""), Pieces{});
}

TEST(RegexSplitter, TheBehaviorSaysWhatBecomesOfMatches) {
  const auto split = [](SplitBehavior behavior, bool invert = false) {
    return pieces(RegexSplitter("-", "test", behavior, invert), "the-final--countdown");
  };
  EXPECT_EQ(split(SplitBehavior::removed), (Pieces{"the", "final", "countdown"}));
  EXPECT_EQ(split(SplitBehavior::isolated), (Pieces{"the", "-", "final", "-", "-", "countdown"}));
  EXPECT_EQ(split(SplitBehavior::merged_with_previous), (Pieces{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(split(SplitBehavior::merged_with_next), (Pieces{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(split(SplitBehavior::contiguous), (Pieces{"the", "-", "final", "--", "countdown"}));
  EXPECT_EQ(split(SplitBehavior::removed, true), (Pieces{"-", "-", "-"}));
  EXPECT_EQ(pieces(RegexSplitter("-", "test", SplitBehavior::removed), "--"), Pieces{});
}

TEST(RegexSplitter, OnlyThePieceAtTheBeginningIsTheFirst) {
  std::vector<bool> first;
  const auto note = [&](Piece piece) { first.push_back(piece.first); };
  RegexSplitter(" ", "test", SplitBehavior::removed).split(Piece("a b"), note);
  RegexSplitter(" ", "test", SplitBehavior::removed).split(Piece(" a"), note);
  RegexSplitter(" ", "test").split({"a", false}, note);
  EXPECT_EQ(first, (std::vector<bool>{true, false, false, false}));
}

TEST(RegexSplitter, InvalidBytesStandInPiecesOfTheirOwn) {
  const RegexSplitter splitter("\\p{L}+", "test");
  EXPECT_EQ(pieces(splitter, "ab\xFF\xFE\u00e9\xC3"), (Pieces{"ab", "\xFF\xFE", "\u00e9", "\xC3"}));
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::string text = test::random_bytes(seed, 100);
    ASSERT_EQ(test::joined(pieces(splitter, text)), text);
  }
}

TEST(RegexSplitter, IsKnownToCutBeforeNewlinesForPublishedPatternsOnly) {
  const std::string before = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
  const std::string after = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  EXPECT_TRUE(RegexSplitter(before + "{1,3}" + after, "Llama 3").cuts_before_newline());
  EXPECT_TRUE(RegexSplitter(before + after, "Qwen 2").cuts_before_newline());
  EXPECT_FALSE(RegexSplitter(before + "{1,2}" + after, "neither").cuts_before_newline());
  EXPECT_FALSE(RegexSplitter("[a-z\n]+", "across lines").cuts_before_newline());
}

TEST(RegexSplitter, NamesAPatternThatIsNotValid) {
  EXPECT_EQ(test::error_of([] { RegexSplitter("[a", "split"); }),
            "split: the pattern \"[a\" is not valid at 2: missing terminating ] for character class");
}

}  // namespace
}  // namespace sequent
