#include "sequent/text/metaspace_splitter.h"

#include <gtest/gtest.h>

#include "tests/text/pieces.h"

namespace sequent {
namespace {

using Pieces = std::vector<std::string>;
using test::pieces;

const std::string kMark(kMetaspace);

TEST(MetaspaceSplitter, WordsBeginWithTheMark) {
  const MetaspaceSplitter splitter(kMark, PrependScheme::always, true);
  EXPECT_EQ(pieces(splitter, "ab c  d "), (Pieces{"\u2581"
                                                  "ab",
                                                  "\u2581"
                                                  "c",
                                                  "\u2581",
                                                  "\u2581"
                                                  "d",
                                                  "\u2581"}));
  EXPECT_EQ(pieces(splitter, " a"), Pieces{"\u2581"
                                           "a"});
  EXPECT_EQ(pieces(splitter,
                   "\u2581"
                   "a"),
            Pieces{"\u2581"
                   "a"});
}

TEST(MetaspaceSplitter, TheSchemeSaysWhichTextsGetOne) {
  const MetaspaceSplitter first(kMark, PrependScheme::first, false), never(kMark, PrependScheme::never, false);
  const auto of = [](const Splitter& splitter, Piece text) {
    std::string result;
    splitter.split(text, [&](Piece piece) { result += piece.text; });
    return result;
  };
  EXPECT_EQ(of(first, {"a b", true}),
            "\u2581"
            "a\u2581"
            "b");
  EXPECT_EQ(of(first, {"a b", false}),
            "a\u2581"
            "b");
  EXPECT_EQ(of(never, {"a b", true}),
            "a\u2581"
            "b");
  EXPECT_TRUE(first.minds_first());
  EXPECT_FALSE(never.minds_first());
}

TEST(MetaspaceSplitter, TakesAnyCharacter) {
  EXPECT_EQ(pieces(MetaspaceSplitter("_", PrependScheme::always, true), "a b__"), (Pieces{"_a", "_b", "_", "_"}));
}

}  // namespace
}  // namespace sequent
