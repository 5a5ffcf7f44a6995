#include "sequent/video/clips.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Clips = std::vector<std::vector<std::int64_t>>;
const Random kRandom(3, 4);

TEST(ClipFrames, AreThePublishedOnes) {
  const auto cases = nlohmann::json::parse(read_text(SEQUENT_SOURCE_DIR "/tests/golden/video/clips.json"));
  ASSERT_GT(cases.size(), 50u);
  for (const auto& golden : cases) {
    const ClipSampling sampling = {.frames = golden["frames"],
                                   .stride = golden["stride"],
                                   .clips = golden["clips"],
                                   .random = false,
                                   .overlap = golden["overlap"]};
    EXPECT_EQ(clip_frames(golden["count"], sampling, kRandom, 0), golden["indices"].get<Clips>()) << golden;
  }
}

TEST(ClipFrames, LieAnywhereInTheirPart) {
  const ClipSampling sampling = {.frames = 4, .stride = 2, .clips = 2};
  std::set<std::int64_t> first, second;
  for (std::uint64_t i = 0; i < 400; ++i) {
    const Clips clips = clip_frames(25, sampling, kRandom, 2 * i);
    ASSERT_EQ(clips.size(), 2u);
    for (const auto& clip : clips) {
      // linspace(s, s + 8, 4), at most s + 7
      EXPECT_EQ(clip, (std::vector<std::int64_t>{clip[0], clip[0] + 2, clip[0] + 5, clip[0] + 7}));
    }
    first.insert(clips[0][0]);
    second.insert(clips[1][0]);
  }
  EXPECT_EQ(first, (std::set<std::int64_t>{0, 1, 2, 3}));  // parts of 12 frames: 0 to 3, and 4 is never drawn
  EXPECT_EQ(second, (std::set<std::int64_t>{12, 13, 14, 15}));
  EXPECT_EQ(clip_frames(25, sampling, kRandom, 7), clip_frames(25, sampling, kRandom, 7));
}

TEST(ClipFrames, StayWithinAnyVideo) {
  for (std::int64_t count = 1; count < 70; ++count) {
    for (const bool overlap : {false, true}) {
      for (const std::int64_t clips : {1, 2, 5, 9}) {
        const ClipSampling sampling = {.frames = 5, .stride = 3, .clips = clips, .random = true, .overlap = overlap};
        for (const auto& clip : clip_frames(count, sampling, kRandom, 0)) {
          ASSERT_EQ(clip.size(), 5u);
          EXPECT_TRUE(std::is_sorted(clip.begin(), clip.end()));
          EXPECT_GE(clip.front(), 0);
          EXPECT_LT(clip.back(), count);
        }
      }
    }
  }
}

TEST(ClipFrames, RefuseWhatIsNoClip) {
  EXPECT_EQ(test::error_of([] { clip_frames(0, {}, kRandom, 0); }), "clips: a video must have at least 1 frame, got 0");
  EXPECT_EQ(test::error_of([] { clip_frames(5, {.frames = 0}, kRandom, 0); }),
            "clips: frames must be at least 1, got 0");
  EXPECT_EQ(test::error_of([] { clip_frames(5, {.stride = 0}, kRandom, 0); }),
            "clips: stride must be at least 1, got 0");
  EXPECT_EQ(test::error_of([] { clip_frames(5, {.clips = 0}, kRandom, 0); }), "clips: clips must be at least 1, got 0");
}

}  // namespace
}  // namespace sequent
