#include "sequent/video/clip_dataset.h"

#include <gtest/gtest.h>

#include <set>

#include "sequent/video/frame_source.h"
#include "sequent/video/synthetic.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class ClipDatasets : public testing::Test {
 protected:
  ClipDatasets() { write_synthetic_videos({.videos = 8, .frames = 12, .size = 32}, directory.path().string()); }
  ClipDataset dataset(const ClipSettings& settings) {
    return {VideoList::open(directory.path().string()), settings,
            [this](const std::string& text) { told.push_back(text); }};
  }
  static std::vector<double> values(const ClipDataset& dataset, std::int64_t epoch, std::int64_t i,
                                    std::int64_t* video = nullptr) {
    const Tensor out = Tensor::zeros(dataset.sample_shape());
    const std::int64_t number = dataset.sample(epoch, i, out);
    if (video) *video = number;
    return test::to_doubles(out);
  }
  const test::TemporaryDirectory directory;
  std::vector<std::string> told;
};

const ClipSettings kSmall = {.sampling = {.frames = 4, .stride = 2}, .size = 16, .augmentation = {}};

TEST_F(ClipDatasets, AreAFunctionOfSeedEpochAndSample) {
  const ClipDataset one = dataset(kSmall), same = dataset(kSmall);
  ClipSettings other_seed = kSmall;
  other_seed.seed = 2;
  const ClipDataset other = dataset(other_seed);
  EXPECT_EQ(values(one, 3, 5), values(same, 3, 5));
  std::set<std::vector<double>> distinct;
  for (std::int64_t i = 0; i < 8; ++i) {
    distinct.insert(values(one, 0, i));
    distinct.insert(values(one, 1, i));
    distinct.insert(values(other, 0, i));
  }
  EXPECT_EQ(distinct.size(), 24u);
}

TEST_F(ClipDatasets, VisitEveryVideoOnceAnEpoch) {
  const ClipDataset data = dataset(kSmall);
  EXPECT_EQ(data.sample_shape(), (Shape{1, 3, 4, 16, 16}));
  std::vector<std::vector<std::int64_t>> orders;
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<std::int64_t> seen;
    orders.emplace_back();
    for (std::int64_t i = 0; i < data.size(); ++i) {
      std::int64_t video = -1;
      values(data, epoch, i, &video);
      seen.insert(video);
      orders.back().push_back(video);
    }
    EXPECT_EQ(seen.size(), 8u);
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_EQ(data.skipped(), 0);
}

TEST_F(ClipDatasets, GiveTheClipsAndViewsThatTheirSettingsSay) {
  ClipSettings settings = kSmall;
  settings.sampling.clips = 2;
  settings.sampling.random = false;
  settings.augmentation = {.scale = {1, 1}, .ratio = {1, 1}, .flip = false};
  const ClipDataset data = dataset(settings);
  EXPECT_EQ(data.sample_shape(), (Shape{2, 3, 4, 16, 16}));
  std::int64_t video = -1;
  const std::vector<double> sample = values(data, 0, 0, &video);
  // The same by hand: whole frames, resized.
  const auto source = open_frames(data.videos().entries[static_cast<std::size_t>(video)].path);
  const Tensor expected = Tensor::zeros({2, 3, 4, 16, 16});
  const auto clips = clip_frames(12, settings.sampling, Random(0, 0), 0);
  for (std::int64_t c = 0; c < 2; ++c) {
    source->read(clips[static_cast<std::size_t>(c)], [&](std::int64_t place, const Tensor& frame) {
      apply_view({.source = {0, 0, 32, 32}, .resized_height = 16, .resized_width = 16, .size = 16}, frame,
                 expected.slice(c, c + 1).reshape({3, 4, 16, 16}), place);
    });
  }
  EXPECT_EQ(sample, test::to_doubles(expected));
}

TEST_F(ClipDatasets, ReplaceWhatCannotBeReadAndSaySoOnce) {
  directory.write("left/broken.mp4", "this is no video");
  const ClipDataset data = dataset(kSmall);
  ASSERT_EQ(data.size(), 9);
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    for (std::int64_t i = 0; i < 9; ++i) {
      std::int64_t video = -1;
      values(data, epoch, i, &video);
      EXPECT_NE(data.videos().entries[static_cast<std::size_t>(video)].path, directory / "left/broken.mp4");
    }
  }
  EXPECT_EQ(data.skipped(), 1);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], "skipped: " + directory / "left/broken.mp4" +
                         ": not a video or image that can be read: Invalid data found when processing input");
  // What stands in its place depends on nothing that happened before.
  const ClipDataset fresh = dataset(kSmall);
  for (std::int64_t i = 8; i >= 0; --i) EXPECT_EQ(values(fresh, 2, i), values(data, 2, i));
}

TEST_F(ClipDatasets, SkipShortVideosOnlyWhenAsked) {
  ClipSettings settings = kSmall;
  settings.sampling.stride = 4;  // 16 frames of 12
  EXPECT_EQ(values(dataset(settings), 0, 0).size(), 3u * 4 * 16 * 16);
  settings.skip_short = true;
  const ClipDataset data = dataset(settings);
  EXPECT_EQ(test::error_of([&] { values(data, 0, 0); }), "data: of 100 videos tried in a row none could be used");
  ASSERT_EQ(told.size(), 8u);
  EXPECT_NE(told[0].find(": it has 12 frames, fewer than a clip spans, 16"), std::string::npos) << told[0];
}

TEST_F(ClipDatasets, GiveEvaluationItsViews) {
  const auto clips = evaluation_clips(directory / "up/000002.mp4",
                                      {.frames = 4, .stride = 1, .clips = 3, .random = false}, 24, 2, Random(0, 0));
  ASSERT_EQ(clips.size(), 2u);
  ASSERT_EQ(clips[0].size(), 3u);
  EXPECT_EQ(clips[1][2].shape(), (Shape{3, 4, 24, 24}));
  EXPECT_EQ(test::to_doubles(clips[0][1]), test::to_doubles(clips[1][1]));  // a square frame has one place for a square
  EXPECT_NE(test::to_doubles(clips[0][0]), test::to_doubles(clips[0][1]));
}

TEST_F(ClipDatasets, RefuseWrongSettings) {
  ClipSettings settings = kSmall;
  settings.size = 0;
  EXPECT_EQ(test::error_of([&] { dataset(settings); }), "data: the size of a clip must be at least 1, got 0");
  EXPECT_EQ(test::error_of([&] { ClipDataset(VideoList(), kSmall); }), "data: there are no videos");
  const ClipDataset data = dataset(kSmall);
  EXPECT_EQ(test::error_of([&] { values(data, 0, 8); }), "data: there is no sample 8 of epoch 0");
}

}  // namespace
}  // namespace sequent
