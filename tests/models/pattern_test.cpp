#include "sequent/models/pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/error.h"
#include "sequent/base/random.h"

namespace sequent {
namespace {

std::string refusal(const std::string& text, std::int64_t layers = 0) {
  try {
    parse_pattern(text, layers);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Pattern, SaysWhatEachBlockHolds) {
  const std::vector<BlockConfig> blocks = parse_pattern("  2*mamba/none\tattention/glu ");
  EXPECT_EQ(blocks, (std::vector<BlockConfig>{{"mamba", "none"}, {"mamba", "none"}, {"attention", "glu"}}));
}

TEST(Pattern, ParenthesesRepeatSeveralBlocks) {
  EXPECT_EQ(parse_pattern("2*(mamba/glu 2*( attention/mlp))"),
            parse_pattern("mamba/glu attention/mlp attention/mlp mamba/glu attention/mlp attention/mlp"));
}

TEST(Pattern, RepeatsUntilThereAreSoManyLayers) {
  EXPECT_EQ(parse_pattern("3*mamba/none attention/glu", 8), parse_pattern("2*(3*mamba/none attention/glu)"));
  EXPECT_EQ(refusal("3*mamba/none attention/glu", 6),
            "pattern: 6 layers are no multiple of the 4 of '3*mamba/none attention/glu'");
  EXPECT_EQ(refusal("mamba/none", 100'000'000), "pattern: 100000000 layers are no multiple of the 1 of 'mamba/none'");
}

TEST(Pattern, RefusalsPointAtThePlace) {
  for (const auto& [text, complaint] : std::vector<std::pair<std::string, std::string>>{
           {"", "character 1 of '': a block is missing, such as attention/glu"},
           {"mamba", "character 6 of 'mamba': '/' and a channel mixer are missing after 'mamba'"},
           {"mamba/ glu", "character 7 of 'mamba/ glu': a name is missing"},
           {"3 mamba/glu", "character 2 of '3 mamba/glu': '*' is missing after the count"},
           {"0*mamba/glu", "character 1 of '0*mamba/glu': a count must be from 1 to 4096"},
           {"99999999999999999999*mamba/glu",
            "character 1 of '99999999999999999999*mamba/glu': a count must be from 1 to 4096"},
           {"4096*(4096*mamba/glu)", "character 22 of '4096*(4096*mamba/glu)': more than 4096 blocks"},
           {"2*(mamba/glu", "character 13 of '2*(mamba/glu': ')' is missing"},
           {"mamba/glu)", "character 10 of 'mamba/glu)': ')' without its '('"},
           {"2*()", "character 4 of '2*()': a block is missing, such as attention/glu"},
           {"2*", "character 3 of '2*': a name is missing"}}) {
    EXPECT_EQ(refusal(text), "pattern: " + complaint);
  }
  EXPECT_TRUE(
      refusal("mamba/glu rnn/glu")
          .starts_with(
              "pattern: character 11 of 'mamba/glu rnn/glu': mixer: there is no 'rnn'; known are attention, mamba"));
  EXPECT_TRUE(
      refusal("mamba/cnn")
          .starts_with(
              "pattern: character 7 of 'mamba/cnn': channel mixer: there is no 'cnn'; known are none, mlp, glu, moe"));
  EXPECT_NE(refusal(std::string(100'000, '(')).find("parentheses nested deeper than 16"), std::string::npos);
}

TEST(Pattern, FormatsShortly) {
  for (const char* text : {"attention/glu", "4*mamba/none", "3*mamba/none attention/glu",
                           "4*(3*mamba/none attention/glu)", "2*(mamba/glu mamba/mlp) attention/glu mamba/mlp"}) {
    EXPECT_EQ(format_pattern(parse_pattern(text)), text);
  }
  EXPECT_EQ(format_pattern(parse_pattern("mamba/glu mamba/glu attention/glu")), "2*mamba/glu attention/glu");
  EXPECT_EQ(format_pattern({}), "");
}

TEST(Pattern, ParsingWhatWasFormattedGivesTheBlocksAgain) {
  const Random random(7, 0);
  std::uint64_t counter = 0;
  const auto below = [&](std::size_t end) {
    return static_cast<std::size_t>(random.uniform(counter++) * static_cast<double>(end));
  };
  for (int round = 0; round < 2000; ++round) {
    // A few kinds of blocks only, and pieces said twice, so that there is something to shorten.
    std::vector<BlockConfig> kinds;
    for (int kind = 0; kind < 3; ++kind) {
      kinds.push_back({std::string(mixers()[below(mixers().size())].name),
                       std::string(channel_mixers()[below(channel_mixers().size())].name)});
    }
    std::vector<BlockConfig> blocks;
    const std::size_t length = 1 + below(40);
    while (blocks.size() < length) {
      if (below(3) == 0 && !blocks.empty()) {
        const std::vector<BlockConfig> tail(blocks.end() - 1 - static_cast<std::ptrdiff_t>(below(blocks.size())),
                                            blocks.end());
        blocks.insert(blocks.end(), tail.begin(), tail.end());
      } else {
        blocks.push_back(kinds[below(kinds.size())]);
      }
    }
    const std::string text = format_pattern(blocks);
    ASSERT_EQ(parse_pattern(text), blocks) << text;
  }
  // As deep as it gets.
  std::vector<BlockConfig> nested = {{"mamba", "none"}};
  for (int level = 0; level < 11; ++level) {
    std::vector<BlockConfig> twice = nested;
    twice.back() = {level % 2 ? "mamba" : "attention", level % 3 ? "glu" : "mlp"};
    twice.insert(twice.end(), nested.begin(), nested.end());
    nested = twice;
  }
  EXPECT_EQ(parse_pattern(format_pattern(nested)), nested);
}

}  // namespace
}  // namespace sequent
