#include "sequent/video/image_directory.h"

#include <gtest/gtest.h>

#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

TEST(ImageDirectory, IsAVideoOfItsImagesInTheOrderOfTheirNumbers) {
  const test::TemporaryDirectory directory;
  test::make_video(directory / "frame%d.png", 12, "32x24");
  directory.write("notes.txt", "not an image");
  ImageDirectory images(directory.path().string());
  EXPECT_EQ(images.frame_count(), 12);
  EXPECT_EQ(images.height(), 24);
  EXPECT_EQ(images.width(), 32);
  const Tensor frames = images.frames(std::vector<std::int64_t>{11, 1, 1});
  for (const auto& [place, file] : {std::pair{0, "frame12.png"}, {1, "frame2.png"}, {2, "frame2.png"}}) {
    EXPECT_EQ(test::bytes_of(frames.slice(place, place + 1)), test::ffmpeg_frames(directory / file, 24, 32)[0]) << file;
  }
}

TEST(ImageDirectory, RefusesNoneAndMixedSizes) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(test::error_of([&] { ImageDirectory{directory.path().string()}; }),
            directory.path().string() + ": there are no images in this directory");
  test::make_video(directory / "1.png", 1, "32x24");
  test::make_video(directory / "2.png", 1, "30x24");
  ImageDirectory images(directory.path().string());
  EXPECT_EQ(test::error_of([&] { images.frames(std::vector<std::int64_t>{1}); }),
            directory / "2.png" + ": every image must be 32x24 like the first, got 30x24");
}

TEST(NaturalLess, ComparesRunsOfDigitsAsNumbers) {
  EXPECT_TRUE(natural_less("a2", "a10"));
  EXPECT_FALSE(natural_less("a10", "a2"));
  EXPECT_TRUE(natural_less("a02b", "a2c"));
  EXPECT_TRUE(natural_less("a", "a0"));
  EXPECT_TRUE(natural_less("a1", "b0"));
  EXPECT_TRUE(natural_less("9", "99999999999999999999999999999999"));
  EXPECT_FALSE(natural_less("a1", "a1"));
  EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));  // some order, and always the same
}

}  // namespace
}  // namespace sequent
