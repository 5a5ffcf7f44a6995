#include "sequent/video/clip_loader.h"

#include <gtest/gtest.h>

#include "sequent/video/synthetic.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class ClipLoaders : public testing::Test {
 protected:
  static VideoList made(const test::TemporaryDirectory& directory) {
    write_synthetic_videos({.videos = 5, .frames = 9, .size = 32}, directory.path().string());
    return VideoList::open(directory.path().string());
  }
  const test::TemporaryDirectory directory;
  const ClipSettings settings = {.sampling = {.frames = 4, .stride = 2}, .size = 16, .augmentation = {}};
  const ClipDataset data{made(directory), settings};
};

TEST_F(ClipLoaders, GiveTheSamplesInOrderForAnyThreadsAndAnyOrderOfSteps) {
  std::vector<std::vector<double>> expected;
  std::vector<std::int64_t> videos;
  for (std::int64_t number = 0; number < 24; ++number) {
    const Tensor out = Tensor::zeros(data.sample_shape());
    videos.push_back(data.sample(number / 5, number % 5, out));
    expected.push_back(test::to_doubles(out));
  }
  for (const int threads : {1, 3}) {
    for (const std::int64_t ahead : {1, 4}) {
      ClipLoader loader(data, {.batch = 3, .threads = threads, .ahead = ahead});
      for (const std::int64_t step : {0, 1, 2, 3, 0, 1, 7, 6, 6, 2, 3}) {
        const ClipBatch batch = loader.batch(step);
        ASSERT_EQ(batch.clips.shape(), (Shape{3, 3, 4, 16, 16}));
        for (std::int64_t r = 0; r < 3; ++r) {
          const auto number = static_cast<std::size_t>(3 * step + r);
          EXPECT_EQ(test::to_doubles(batch.clips.slice(r, r + 1)), expected[number]) << step << " " << r;
          EXPECT_EQ(batch.videos[static_cast<std::size_t>(r)], videos[number]);
        }
      }
      EXPECT_GT(loader.waited_seconds(), 0);
    }
  }
}

TEST_F(ClipLoaders, KeepToTheirMemory) {
  const std::int64_t bytes = 3 * 4 * 16 * 16 * 4;
  EXPECT_EQ(ClipLoader(data, {.batch = 2, .ahead = 8, .memory = 7 * bytes}).ahead(), 3);
  EXPECT_EQ(ClipLoader(data, {.batch = 2, .ahead = 2, .memory = 70 * bytes}).ahead(), 2);
  EXPECT_EQ(ClipLoader(data, {.batch = 2, .ahead = 8, .memory = 1}).ahead(), 1);
}

TEST_F(ClipLoaders, HandOnWhatGoesWrong) {
  ClipSettings none = settings;
  none.skip_short = true;
  none.sampling.stride = 5;
  const ClipDataset nothing(VideoList::open(directory.path().string()), none);
  ClipLoader loader(nothing, {.batch = 2});
  EXPECT_EQ(test::error_of([&] { loader.batch(0); }), "data: of 100 videos tried in a row none could be used");
  EXPECT_EQ(test::error_of([&] { loader.batch(-1); }), "data: steps are counted from 0, got -1");
  EXPECT_EQ(test::error_of([&] { ClipLoader(data, {.batch = 0}); }), "data: a batch must have at least 1 clip, got 0");
  EXPECT_EQ(test::error_of([&] { ClipLoader(data, {.ahead = 0}); }),
            "data: at least 1 batch must be read ahead, got 0");
}

}  // namespace
}  // namespace sequent
