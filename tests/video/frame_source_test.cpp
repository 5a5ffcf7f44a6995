#include "sequent/video/frame_source.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

TEST(FrameSource, IsChosenByWhatThePathIs) {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "images");
  test::make_video(directory / "images/%d.png", 3, "32x24");
  test::make_video(directory / "without_extension", 4, "30x20", {"-f", "avi"});
  EXPECT_EQ(open_frames(directory / "images")->frame_count(), 3);
  EXPECT_EQ(open_frames(directory / "images/1.png")->frame_count(), 1);
  EXPECT_EQ(open_frames(directory / "without_extension")->frame_count(), 4);
  EXPECT_EQ(open_frames(directory / "without_extension")->frames(std::vector<std::int64_t>{3}).shape(),
            (Shape{1, 20, 30, 3}));
  EXPECT_TRUE(is_image_directory(directory / "images"));
  EXPECT_FALSE(is_image_directory(directory.path().string()));
  EXPECT_FALSE(is_image_directory(directory / "images/1.png"));
}

TEST(FrameSource, KnowsTheUsualNames) {
  for (const char* name : {"a.mp4", "b/C.MKV", "a.webm", "a.avi", "a.gif"}) EXPECT_TRUE(names_video(name)) << name;
  for (const char* name : {"a.png", "A.JPG", "x.jpeg"}) EXPECT_TRUE(names_image(name)) << name;
  for (const char* name : {"a.txt", "mp4", "a.mp4.part", ""}) {
    EXPECT_FALSE(names_video(name) || names_image(name)) << name;
  }
}

}  // namespace
}  // namespace sequent
