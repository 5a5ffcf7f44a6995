#include "sequent/text/character_normalizers.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

using namespace std::string_literals;

TEST(Lowercase, TakesEachCharacterByItself) {
  EXPECT_EQ(Lowercase().normalize("ABC \u00c9\u03a3\u03a3 \u0130 \U00010400"),
            "abc \u00e9\u03c3\u03c3 i\u0307 \U00010428");
  EXPECT_EQ(Lowercase().normalize("A\xFF\xC3Z"), "a\xFF\xC3z");
}

TEST(StripSpaces, RemovesWhiteSpaceAtTheEndsAskedFor) {
  const std::string text = " \u3000\ta b\u00a0\n";
  EXPECT_EQ(StripSpaces(true, true).normalize(text), "a b");
  EXPECT_EQ(StripSpaces(true, false).normalize(text), "a b\u00a0\n");
  EXPECT_EQ(StripSpaces(false, true).normalize(text), " \u3000\ta b");
  EXPECT_EQ(StripSpaces(false, false).normalize(text), text);
  EXPECT_EQ(StripSpaces(true, false).normalize("  "), "");
  EXPECT_EQ(StripSpaces(true, true).normalize("\xFF "), "\xFF");
}

TEST(StripAccents, RemovesMarksThatStandAlone) {
  EXPECT_EQ(StripAccents().normalize("e\u0301 \u00e9 \u0903"), "e \u00e9 ");
}

TEST(Nmt, RemovesControlsAndKnowsManySpaces) {
  EXPECT_EQ(NmtNormalizer().normalize("a\x01\x0B\x7F"
                                      "b\t\n\u200b\u2581\ufeff\u00a0"s),
            "ab     \u00a0");
  EXPECT_EQ(NmtNormalizer().normalize("\0"s), "\0"s);
}

TEST(CharacterNormalizers, SayWhetherTheBeginningIsStillThere) {
  const auto begins = [](const Normalizer& normalizer, std::string_view text) {
    bool first = true;
    normalizer.normalize(text, first);
    return first;
  };
  EXPECT_FALSE(begins(StripSpaces(true, true), " a"));
  EXPECT_TRUE(begins(StripSpaces(false, true), " a"));
  EXPECT_TRUE(begins(StripSpaces(true, true), "a "));
  EXPECT_FALSE(begins(StripAccents(),
                      "\u0301"
                      "a"));
  EXPECT_TRUE(begins(StripAccents(), "a\u0301"));
  EXPECT_FALSE(begins(NmtNormalizer(),
                      "\x01"
                      "a"));
  EXPECT_TRUE(begins(Lowercase(), "A"));
}

}  // namespace
}  // namespace sequent
