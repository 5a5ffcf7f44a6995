#include "sequent/text/decoder.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

std::string step(const DecoderStep& decoder, std::string token, bool first = false) {
  decoder.apply(token, first);
  return token;
}

TEST(DecoderSteps, ChangeTokensAsTheirNamesSay) {
  EXPECT_EQ(step(ByteLevelStep(), "\u0120a"), " a");
  EXPECT_EQ(step(ByteLevelStep(), "\u4f60\u0120"), "\u4f60\u0120");
  EXPECT_EQ(step(ByteFallbackStep(), "<0xC3>"), "\xC3");
  EXPECT_EQ(step(ByteFallbackStep(), "<0xC3"), "<0xC3");
  EXPECT_EQ(step(MetaspaceStep("\u2581", true),
                 "\u2581\u2581"
                 "a\u2581"),
            "  a ");
  EXPECT_EQ(step(MetaspaceStep("\u2581", true),
                 "\u2581\u2581"
                 "a\u2581",
                 true),
            "a");
  EXPECT_EQ(step(MetaspaceStep("\u2581", false),
                 "\u2581"
                 "a",
                 true),
            " a");
  EXPECT_EQ(step(StripStep(" ", 1, 0), "  a "), " a ");
  EXPECT_EQ(step(StripStep("\u2581", 2, 1),
                 "\u2581\u2581\u2581"
                 "a\u2581\u2581"),
            "\u2581"
            "a\u2581");
  EXPECT_EQ(step(StripStep(" ", 3, 3), "  "), "");
  EXPECT_EQ(step(ReplaceStep(Replacement::of_text("\u2581", " ")),
                 "\u2581"
                 "a"),
            " a");
  EXPECT_EQ(step(SpaceBetweenStep(), "a"), " a");
  EXPECT_EQ(step(SpaceBetweenStep(), "a", true), "a");
  EXPECT_EQ(step(SentencePieceStep(true),
                 "\u2581\u2581"
                 "a",
                 true),
            " a");
  EXPECT_EQ(step(SentencePieceStep(false),
                 "\u2581"
                 "a",
                 true),
            " a");
}

/// What a run gives, token by token, and at the end.
std::vector<std::string> run(const Decoder& decoder, const std::vector<std::string>& tokens) {
  DecoderRun each(decoder);
  std::vector<std::string> result;
  for (const std::string& token : tokens) result.push_back(each.push(decoder.text_of(token, each.first())));
  result.push_back(each.finish());
  return result;
}

using Texts = std::vector<std::string>;

TEST(DecoderRun, HandsTokensOutAtOnceIfNothingComesBehind) {
  Decoder decoder;
  decoder.token_steps.push_back(std::make_unique<MetaspaceStep>("\u2581", true));
  EXPECT_EQ(run(decoder, {"\u2581"
                          "a",
                          "\u2581"
                          "b"}),
            (Texts{"a", " b", ""}));
}

TEST(DecoderRun, HoldsBackOnlyWhatMayBeStripped) {
  Decoder decoder;
  decoder.text_steps.push_back(std::make_unique<StripStep>("\u2581", 2, 0));
  EXPECT_EQ(run(decoder, {"\xE2", "\x96", "\x81",
                          "\u2581\u2581"
                          "a",
                          "\u2581"}),
            (Texts{"", "", "",
                   "\u2581"
                   "a",
                   "\u2581", ""}));
  EXPECT_EQ(run(decoder, {"\xE2", "x"}), (Texts{"", "\xE2x", ""}));
  EXPECT_EQ(run(decoder, {"\xE2"}), (Texts{"", "\xE2"}));
}

TEST(DecoderRun, WaitsForTheEndWhereItMust) {
  Decoder decoder;
  decoder.text_steps.push_back(std::make_unique<StripStep>(" ", 1, 1));
  EXPECT_EQ(run(decoder, {" a ", "b "}), (Texts{"", "", "a b"}));
  decoder.text_steps.push_back(std::make_unique<ReplaceStep>(Replacement::of_text("a b", "c")));
  EXPECT_EQ(run(decoder, {" a ", "b "}), (Texts{"", "", "c"}));
}

TEST(DecoderRun, TokensAreFirstUntilThereIsTextIfAsked) {
  Decoder decoder;
  decoder.token_steps.push_back(std::make_unique<SentencePieceStep>(true));
  EXPECT_EQ(run(decoder, {"\u2581",
                          "\u2581"
                          "a"}),
            (Texts{"", " a", ""}));
  decoder.first_until_text = true;
  EXPECT_EQ(run(decoder, {"\u2581",
                          "\u2581"
                          "a",
                          "\u2581"
                          "b"}),
            (Texts{"", "a", " b", ""}));
}

}  // namespace
}  // namespace sequent
