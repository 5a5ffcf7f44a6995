#include "sequent/video/media_input.h"

#include <gtest/gtest.h>

#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

class MediaInputs : public testing::Test {
 protected:
  void SetUp() override { test::make_video(path, 12, "32x24", {"-c:v", "libx264", "-bf", "2", "-g", "6"}); }
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.mp4";
};

TEST_F(MediaInputs, DescribePacketsAsStoredAndFramesAsShown) {
  MediaInput input(path);
  EXPECT_EQ(input.width(), 32);
  EXPECT_EQ(input.height(), 24);
  EXPECT_EQ(input.path(), path);
  EXPECT_TRUE(input.seekable());
  EXPECT_TRUE(input.packets_are_frames());
  std::vector<std::int64_t> stored, shown;
  int keys = 0;
  for (MediaInput::Packet packet = {}; input.next_packet(packet);) {
    stored.push_back(packet.time);
    keys += packet.key ? 1 : 0;
    EXPECT_TRUE(packet.shown);
    EXPECT_FALSE(packet.damaged);
  }
  EXPECT_EQ(keys, 2);
  input.rewind();
  while (const AVFrame* frame = input.next_frame()) shown.push_back(MediaInput::time_of(*frame));
  EXPECT_FALSE(std::is_sorted(stored.begin(), stored.end()));  // B-frames are stored after what they lie before
  std::sort(stored.begin(), stored.end());
  EXPECT_EQ(shown, stored);
}

TEST_F(MediaInputs, SeekToTheKeyFrameBefore) {
  MediaInput input(path);
  std::vector<std::int64_t> times;
  while (const AVFrame* frame = input.next_frame()) times.push_back(MediaInput::time_of(*frame));
  ASSERT_EQ(times.size(), 12u);
  ASSERT_TRUE(input.seek(times[8]));
  const AVFrame* frame = input.next_frame();
  ASSERT_NE(frame, nullptr);
  EXPECT_TRUE(MediaInput::is_key(*frame));
  EXPECT_EQ(MediaInput::time_of(*frame), times[6]);
}

TEST_F(MediaInputs, KnowWhichFormatsCannotBeSought) {
  test::make_video(directory / "a.gif", 5, "32x24");
  MediaInput gif(directory / "a.gif");
  EXPECT_FALSE(gif.seekable());
  EXPECT_FALSE(gif.packets_are_frames());
  test::make_video(directory / "a.webm", 5, "32x24", {"-c:v", "libvpx"});
  MediaInput vp8(directory / "a.webm");
  EXPECT_TRUE(vp8.seekable());
  EXPECT_FALSE(vp8.packets_are_frames());  // some are hidden
}

TEST_F(MediaInputs, RefuseSoundAlone) {
  test::ffmpeg({"-f", "lavfi", "-i", "sine=duration=0.2", directory / "a.avi"});
  EXPECT_EQ(test::error_of([&] { MediaInput{directory / "a.avi"}; }),
            directory / "a.avi" + ": there are no pictures in it that can be decoded");
}

}  // namespace
}  // namespace sequent
