#include "sequent/video/masks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sequent/base/catalog.h"
#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

const TokenGrid kGrid = {.depth = 8, .height = 14, .width = 14};

std::span<const MaskGenerator> generators(std::string_view name) {
  return find_entry("masks", mask_kinds(), name).generators;
}

std::vector<std::int64_t> set_of(const TokenSets& sets, std::int64_t clip) {
  const auto ids = sets.of(clip);
  return {ids.begin(), ids.end()};
}

TEST(Masks, AreThePublishedOnesForThePublishedDraws) {
  const std::map<std::string, BlockMasks> configs = {{"short-range", std::get<BlockMasks>(generators("multiblock")[0])},
                                                     {"long-range", std::get<BlockMasks>(generators("multiblock")[1])},
                                                     {"causal",
                                                      {.blocks = 2,
                                                       .spatial_scale = {0.2, 0.8},
                                                       .aspect_ratio = {0.3, 3},
                                                       .temporal_scale = {0.3, 0.9},
                                                       .context_time = 0.6,
                                                       .max_context = 40}}};
  const auto cases = nlohmann::json::parse(read_text(SEQUENT_SOURCE_DIR "/tests/golden/video/masks.json"));
  ASSERT_EQ(cases.size(), 6u);
  for (const auto& golden : cases) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const BlockMasks& masks = configs.at(golden["name"]);
    const TokenGrid grid = {golden["time"], golden["height"], golden["width"]};
    const BlockSize size = block_size(masks, grid, golden["uniform"].get<std::array<double, 3>>());
    std::vector<std::vector<bool>> clips;
    for (std::size_t at = 0; at < golden["top_left_start"].size();) {
      std::vector<BlockPlace> places;
      for (std::int64_t i = 0; i < masks.blocks; ++i, at += 3) {
        places.push_back({.start = golden["top_left_start"][at + 2],
                          .top = golden["top_left_start"][at],
                          .left = golden["top_left_start"][at + 1]});
      }
      clips.push_back(context_outside(masks, grid, size, places));
    }
    MaskPair pair = pack_masks(clips, masks.max_context);
    cut_to_shortest(pair);
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const auto clip = static_cast<std::int64_t>(i);
      EXPECT_EQ(set_of(pair.context, clip), golden["context"][i].get<std::vector<std::int64_t>>());
      EXPECT_EQ(set_of(pair.target, clip), golden["target"][i].get<std::vector<std::int64_t>>());
    }
  }
}

TEST(Masks, SplitTheTokensOfEveryClip) {
  for (const MaskKind& kind : mask_kinds()) {
    SCOPED_TRACE(kind.name);
    for (const MaskPair& pair : sample_masks(kind.generators, kGrid, 5, 1, 2)) {
      ASSERT_EQ(pair.context.segments.count(), 5);
      ASSERT_EQ(pair.target.segments.count(), 5);
      for (std::int64_t clip = 0; clip < 5; ++clip) {
        std::vector<std::int64_t> all = set_of(pair.context, clip);
        const std::vector<std::int64_t> target = set_of(pair.target, clip);
        EXPECT_TRUE(std::is_sorted(all.begin(), all.end()) && std::is_sorted(target.begin(), target.end()));
        all.insert(all.end(), target.begin(), target.end());
        std::sort(all.begin(), all.end());
        ASSERT_EQ(all.size(), 1568u);
        for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<std::int64_t>(i));
      }
    }
  }
}

TEST(Masks, AreAFunctionOfSeedStepAndClip) {
  for (const MaskKind& kind : mask_kinds()) {
    SCOPED_TRACE(kind.name);
    const MaskPair of_four = sample_masks(kind.generators, kGrid, 4, 1, 2).back();
    const MaskPair of_two = sample_masks(kind.generators, kGrid, 2, 1, 2).back();
    EXPECT_EQ(set_of(of_four.context, 1), set_of(of_two.context, 1));
    EXPECT_NE(set_of(of_four.context, 0), set_of(of_four.context, 1));
    EXPECT_NE(set_of(of_four.context, 0), set_of(sample_masks(kind.generators, kGrid, 1, 2, 2).back().context, 0));
    EXPECT_NE(set_of(of_four.context, 0), set_of(sample_masks(kind.generators, kGrid, 1, 1, 3).back().context, 0));
  }
}

// The block sizes of table 5 of the paper: 15 and 70 percent of the area, height / width uniform in 0.75 to 1.5, all of
// the time.
TEST(Masks, HaveThePublishedAreasAndShapes) {
  constexpr int kSteps = 2000;
  for (const auto& generator : generators("multiblock")) {
    const auto& masks = std::get<BlockMasks>(generator);
    double area = 0;
    for (int i = 0; i < kSteps; ++i) {
      const double u = (i + 0.5) / kSteps;
      const BlockSize size = block_size(masks, kGrid, {0.5, 0.5, u});
      EXPECT_EQ(size.time, 8);
      // Sides are whole tokens: half a token off at most, each way.
      const double wanted = 0.75 + 0.75 * u;
      const auto h = static_cast<double>(size.height), w = static_cast<double>(size.width);
      const bool at_the_edge = size.height == 14 || size.width == 14;
      EXPECT_TRUE(at_the_edge || ((h - 0.51) / (w + 0.51) <= wanted && wanted <= (h + 0.51) / (w - 0.51))) << h << w;
      area += h * w / 196 / kSteps;
    }
    EXPECT_NEAR(area, masks.spatial_scale[0], 0.02);
  }
}

// What is masked. The union of the blocks is 63 and 81 percent of a clip; the paper's "about 90 percent" counts what
// its code cuts off the contexts of a batch of 24, too: 77 and 93. The figures are those of the published code, over 40
// of its batches or more.
TEST(Masks, CoverWhatThePublishedOnesCover) {
  constexpr int kSteps = 100;
  std::array<double, 2> covered = {}, unseen = {};
  for (int step = 0; step < kSteps; ++step) {
    std::vector<MaskPair> pairs = sample_masks(generators("multiblock"), kGrid, 24, 9, step);
    for (std::size_t i = 0; i < 2; ++i) {
      covered[i] += static_cast<double>(pairs[i].target.segments.tokens()) / (24 * 1568) / kSteps;
      cut_to_shortest(pairs[i]);
      unseen[i] += (1 - static_cast<double>(pairs[i].context.segments.tokens()) / (24 * 1568)) / kSteps;
    }
  }
  EXPECT_NEAR(covered[0], 0.626, 0.01);
  EXPECT_NEAR(covered[1], 0.810, 0.01);
  EXPECT_NEAR(unseen[0], 0.768, 0.015);
  EXPECT_NEAR(unseen[1], 0.931, 0.015);
}

TEST(Masks, PlaceBlocksUniformly) {
  const std::vector<MaskGenerator> one_block = {
      BlockMasks{.blocks = 1, .spatial_scale = {0.15, 0.15}, .aspect_ratio = {1, 1}}};
  std::array<double, 14> first_rows = {};
  constexpr int kSteps = 500;
  for (int step = 0; step < kSteps; ++step) {
    const MaskPair pair = sample_masks(one_block, kGrid, 4, 5, step).front();
    for (std::int64_t clip = 0; clip < 4; ++clip) {
      first_rows[static_cast<std::size_t>(set_of(pair.target, clip).front() / 14)] += 1.0 / (4 * kSteps);
    }
  }
  // sqrt(29) = 5.4: blocks of 5 x 5, ten rows to begin in; 0.1 +- 4 deviations of 2000 draws.
  for (std::size_t row = 0; row < 14; ++row) EXPECT_NEAR(first_rows[row], row < 10 ? 0.1 : 0.0, 0.027) << row;
}

TEST(Masks, OfTubesKeepTheSameColumnsAtAllTimes) {
  std::vector<int> kept(196);
  for (int step = 0; step < 500; ++step) {
    const MaskPair pair = sample_masks(generators("random-tube"), kGrid, 1, 5, step).front();
    const std::vector<std::int64_t> context = set_of(pair.context, 0);
    ASSERT_EQ(context.size(), 19u * 8);  // int(196 * 0.1) columns
    for (std::size_t i = 0; i < context.size(); ++i)
      EXPECT_EQ(context[i], context[i % 19] + static_cast<int>(i / 19) * 196);
    for (std::size_t i = 0; i < 19; ++i) ++kept[static_cast<std::size_t>(context[i])];
  }
  // 48.5 each on average, deviation 6.6.
  for (const int count : kept) EXPECT_TRUE(count > 15 && count < 85) << count;
}

TEST(Masks, OfCausalContextsLookAtTheBeginningOnly) {
  for (const MaskPair& pair : sample_masks(generators("causal"), kGrid, 3, 5, 0)) {
    for (const std::int32_t token : pair.context.ids) EXPECT_LT(token, 6 * 196);
  }
}

TEST(Masks, RefuseGridsWithoutAContext) {
  EXPECT_EQ(test::error_of([] {
              sample_masks(generators("random-tube"), {8, 2, 2}, 1, 0, 0);
            }),
            "masks: a ratio of 0.9 leaves 0 of 4 columns as context");
  EXPECT_EQ(test::error_of([] {
              sample_masks(generators("multiblock"), {8, 1, 1}, 1, 0, 0);
            }),
            "masks: 8 blocks of 8x1x1 leave no context on a grid of 8x1x1 tokens");
  EXPECT_EQ(test::error_of([] {
              sample_masks(generators("multiblock"), {0, 4, 4}, 1, 0, 0);
            }),
            "masks: a grid must have tokens, got 0x4x4");
  EXPECT_EQ(test::error_of([] { sample_masks(generators("multiblock"), kGrid, 0, 0, 0); }),
            "masks: there must be at least 1 clip, got 0");
}

}  // namespace
}  // namespace sequent
