#include "sequent/video/video_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/base/files.h"
#include "sequent/video/synthetic.h"
#include "sequent/video/video_file.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

const SyntheticVideos kSettings = {.frames = 15, .size = 48};

void write(const std::string& path, const Tensor& frames) {
  VideoWriter writer(path, frames.size(1), frames.size(2), 10);
  for (std::int64_t t = 0; t < frames.size(0); ++t) {
    writer.add(frames.slice(t, t + 1).reshape({frames.size(1), frames.size(2), 3}));
  }
  writer.finish();
}

TEST(VideoWriter, WritesWhatIsReadAgainButForALittle) {
  const test::TemporaryDirectory directory;
  const Tensor frames = synthetic_video(kSettings, 0);
  for (const char* name : {"a.mp4", "a.mkv", "a.avi"}) {
    write(directory / name, frames);
    VideoFile video(directory / name);
    ASSERT_EQ(video.frame_count(), 15) << name;
    std::vector<std::int64_t> all(15);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    const Tensor read = video.frames(all);
    ASSERT_EQ(read.shape(), frames.shape());
    double error = 0;
    for (std::int64_t i = 0; i < read.elements(); ++i) {
      error += std::abs(read.data<std::uint8_t>()[i] - frames.data<std::uint8_t>()[i]);
    }
    // Colours at half the resolution, and the codec's own losses.
    EXPECT_LT(error / static_cast<double>(read.elements()), 5) << name;
  }
}

TEST(VideoWriter, WritesTheSameBytesEveryTime) {
  const test::TemporaryDirectory directory;
  const Tensor frames = synthetic_video(kSettings, 3);
  write(directory / "a.mp4", frames);
  write(directory / "b.mp4", frames);
  EXPECT_EQ(read_text(directory / "a.mp4"), read_text(directory / "b.mp4"));
}

TEST(VideoWriter, RefusesWhatCannotBeWritten) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(test::error_of([&] { VideoWriter(directory / "a.mp4", 31, 32, 10); }),
            directory / "a.mp4" + ": a video must have an even height and width, got 32x31");
  EXPECT_EQ(test::error_of([&] { VideoWriter(directory / "a.mp4", 32, 32, 0); }),
            directory / "a.mp4" + ": frames per second must be at least 1, got 0");
  EXPECT_EQ(test::error_of([&] { VideoWriter(directory / "no/a.mp4", 32, 32, 10); }),
            "cannot write " + directory / "no/a.mp4" + ": No such file or directory");
  EXPECT_EQ(test::error_of([&] { VideoWriter(directory / "a.unknown", 32, 32, 10); }),
            "cannot write " + directory / "a.unknown" + ": Invalid argument");
  VideoWriter writer(directory / "a.mp4", 32, 32, 10);
  EXPECT_EQ(test::error_of([&] {
              writer.add(Tensor::zeros({30, 32, 3}, DType::u8));
            }),
            "video: a frame must be [32, 32, 3], got [30, 32, 3]");
}

}  // namespace
}  // namespace sequent
