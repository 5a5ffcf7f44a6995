#include "sequent/base/nearest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace sequent {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"train", "generate", "eval", "lr", "chat"};

TEST(NearestName, FindsTheNameMeantThroughOneSlip) {
  for (const char* slip : {"generate", "genrate", "generrate", "generete", "genreate"}) {
    EXPECT_EQ(nearest_name(slip, kNames), "generate") << slip;
  }
  EXPECT_EQ(nearest_name("rl", kNames), "lr");
  EXPECT_EQ(nearest_name("l", kNames), "lr");
}

TEST(NearestName, ASwapOfNeighboursIsOneSlip) {
  // Of three characters one may be wrong.
  constexpr std::array<std::string_view, 1> name = {"abc"};
  EXPECT_EQ(nearest_name("acb", name), "abc");
  EXPECT_EQ(nearest_name("bac", name), "abc");
  EXPECT_EQ(nearest_name("cab", name), std::nullopt);
}

TEST(NearestName, SuggestsNothingFarFetched) {
  EXPECT_EQ(nearest_name("generate", std::span(kNames).first(1)), std::nullopt);
  EXPECT_EQ(nearest_name("gnrtee", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("genrte", kNames), "generate");
  EXPECT_EQ(nearest_name("xyz", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("train", {}), std::nullopt);
}

TEST(NearestName, OfSeveralEquallyNearTheFirst) {
  constexpr std::array<std::string_view, 3> names = {"state", "stake", "stale"};
  EXPECT_EQ(nearest_name("stame", names), "state");
  EXPECT_EQ(nearest_name("stalle", names), "stale");
}

TEST(NearestName, EndsASentence) {
  EXPECT_EQ(did_you_mean("trian", kNames), "; did you mean 'train'?");
  EXPECT_EQ(did_you_mean("nothing like it", kNames), "");
}

}  // namespace
}  // namespace sequent
