#include "sequent/text/sentinels.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(Sentinels, FollowOnTheVocabularyWithNumberZeroLast) {
  const Tokenizer plain = Tokenizer::bytes();
  EXPECT_TRUE(sentinels_of(plain).empty());
  const Tokenizer tokenizer = with_sentinels(plain);
  EXPECT_EQ(tokenizer.vocabulary_size(), 257 + 100);
  const std::vector<std::int32_t> ids = sentinels_of(tokenizer);
  ASSERT_EQ(ids.size(), 100u);
  EXPECT_EQ(ids[0], 356);
  EXPECT_EQ(ids[99], 257);
  EXPECT_TRUE(tokenizer.is_special(356));
  EXPECT_EQ(tokenizer.token_bytes(356), "<extra_id_0>");
  EXPECT_EQ(tokenizer.text_bytes(356), 0);
  EXPECT_EQ(tokenizer.end_of_text(), plain.end_of_text());
  // They are asked for once.
  EXPECT_EQ(with_sentinels(tokenizer).fingerprint(), tokenizer.fingerprint());
  EXPECT_NE(tokenizer.fingerprint(), plain.fingerprint());
}

TEST(Sentinels, AreReadInAPromptAndSurviveTheFile) {
  const Tokenizer tokenizer = Tokenizer::from_json(with_sentinels(Tokenizer::bytes()).file());
  EXPECT_EQ(tokenizer.encode("a<extra_id_10>b", true), (std::vector<std::int32_t>{'a', 346, 'b'}));
  EXPECT_EQ(tokenizer.encode("<extra_id_1>").size(), 12u);
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{'a', 346}, true), "a<extra_id_10>");
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{'a', 346}), "a");
}

}  // namespace
}  // namespace sequent
