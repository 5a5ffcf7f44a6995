#include "sequent/text/normalizer_sequence.h"

#include <gtest/gtest.h>

#include "sequent/text/character_normalizers.h"
#include "sequent/text/replacement.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

std::unique_ptr<Normalizer> replace(const char* text, const char* content) {
  return std::make_unique<ReplaceNormalizer>(Replacement::of_text(text, content));
}

template <class... Parts>
NormalizerSequence sequence(Parts... parts) {
  std::vector<std::unique_ptr<Normalizer>> normalizers;
  (normalizers.push_back(std::move(parts)), ...);
  return NormalizerSequence(std::move(normalizers));
}

TEST(NormalizerSequence, AppliesOneAfterTheOther) {
  EXPECT_EQ(sequence(replace("a", "b"), replace("b", "c")).normalize("ab"), "cc");
  EXPECT_EQ(sequence().normalize("ab"), "ab");
}

TEST(NormalizerSequence, RefusesToGrowWithoutBound) {
  std::vector<std::unique_ptr<Normalizer>> doublings;
  for (int i = 0; i < 60; ++i) doublings.push_back(replace("a", "aa"));
  const NormalizerSequence endless(std::move(doublings));
  EXPECT_NE(test::error_of([&] { endless.normalize("a"); }).find("at most 256 times as long"), std::string::npos);
}

TEST(NormalizerSequence, CutsWhereAllOfItCuts) {
  EXPECT_TRUE(sequence(std::make_unique<Lowercase>()).cuts_before_newline());
  EXPECT_FALSE(sequence(std::make_unique<Lowercase>(), replace("\n", "")).cuts_before_newline());
}

}  // namespace
}  // namespace sequent
