#include "sequent/text/unicode_normalizer.h"

#include <gtest/gtest.h>

#include "tests/text/texts.h"

namespace sequent {
namespace {

TEST(UnicodeNormalizer, ComposesAndOrdersMarks) {
  const UnicodeNormalizer normalizer(NormalizationForm::nfc);
  EXPECT_EQ(normalizer.normalize("cafe\u0301"), "caf\u00e9");
  EXPECT_EQ(normalizer.normalize("\u212b"), "\u00c5");
  EXPECT_EQ(normalizer.normalize("a\u0307\u0323"), "\u1ea1\u0307");
  EXPECT_EQ(normalizer.normalize("\u1112\u1161\u11ab"), "\ud55c");
  EXPECT_EQ(normalizer.normalize("\u0958"), "\u0915\u093c");  // excluded from composition
  EXPECT_EQ(normalizer.normalize(""), "");
}

TEST(UnicodeNormalizer, KnowsAllForms) {
  const auto form = [](NormalizationForm of, std::string_view text) { return UnicodeNormalizer(of).normalize(text); };
  const std::string text = "\u00e9 \ufb01 \u00a0\u212b";
  EXPECT_EQ(form(NormalizationForm::nfc, text), "\u00e9 \ufb01 \u00a0\u00c5");
  EXPECT_EQ(form(NormalizationForm::nfd, text), "e\u0301 \ufb01 \u00a0A\u030a");
  EXPECT_EQ(form(NormalizationForm::nfkc, text), "\u00e9 fi  \u00c5");
  EXPECT_EQ(form(NormalizationForm::nfkd, text), "e\u0301 fi  A\u030a");
  EXPECT_EQ(form(NormalizationForm::nfkd, "\u00a0"), " ");
  EXPECT_EQ(form(NormalizationForm::nfd, "\u00c0\xFF"), "A\u0300\xFF");
}

TEST(UnicodeNormalizer, LeavesAloneWhatIsComposed) {
  using namespace std::string_literals;
  const UnicodeNormalizer normalizer(NormalizationForm::nfc);
  for (const std::string& text : {"plain\0 \u00e9\r\n"s, "\u4f60\u597d"s, "\ufb01 \u00bd \u2460"s, "\U0001F600"s}) {
    EXPECT_EQ(normalizer.normalize(text), text);
  }
}

TEST(UnicodeNormalizer, InvalidBytesStayAndNothingComposesAcrossThem) {
  const UnicodeNormalizer normalizer(NormalizationForm::nfc);
  EXPECT_EQ(normalizer.normalize("e\u0301\xFF"
                                 "e\u0301\xC3"),
            "\u00e9\xFF\u00e9\xC3");
  EXPECT_EQ(normalizer.normalize("e\xFF\u0301"), "e\xFF\u0301");
  EXPECT_EQ(normalizer.normalize("\xED\xA0\x80"
                                 "\u212b\x80\xFF"),
            "\xED\xA0\x80\u00c5\x80\xFF");
}

TEST(UnicodeNormalizer, TwiceIsOnce) {
  const UnicodeNormalizer normalizer(NormalizationForm::nfc);
  std::vector<std::string> texts = test::hard_texts();
  for (std::uint64_t seed = 0; seed < 300; ++seed) texts.push_back(test::random_text(seed, 60, seed % 2 == 0));
  for (const std::string& text : texts) {
    const std::string once = normalizer.normalize(text);
    ASSERT_EQ(normalizer.normalize(once), once);
  }
}

}  // namespace
}  // namespace sequent
