#include "sequent/video/video_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "sequent/base/random.h"
#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

struct Encoding {
  std::string name;
  std::string file;
  std::vector<std::string> arguments;
  std::string size = "66x50";
  int frames = 40;
};

// What makes finding frames hard: frames stored out of order, few key frames, uneven times, packets that are no frames,
// containers without times or without an index; and what makes colours differ.
const std::vector<Encoding> kEncodings = {
    {"H264WithBFrames", "a.mp4", {"-c:v", "libx264", "-bf", "3", "-g", "12", "-pix_fmt", "yuv420p"}},
    {"H264OpenGop", "a.mkv", {"-c:v", "libx264", "-bf", "3", "-g", "9", "-x264-params", "open-gop=1:scenecut=0"}},
    {"H264OneKeyFrame", "a.mp4", {"-c:v", "libx264", "-bf", "2", "-g", "1000", "-pix_fmt", "yuv420p"}},
    {"H264AllKeyFrames", "a.mp4", {"-c:v", "libx264", "-g", "1", "-pix_fmt", "yuv420p"}},
    {"H264IntraRefresh", "a.mp4", {"-c:v", "libx264", "-g", "8", "-intra-refresh", "1", "-pix_fmt", "yuv420p"}},
    {"H264VariableRate",
     "a.mp4",
     {"-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-vsync", "vfr", "-c:v", "libx264", "-bf", "2", "-g", "10"}},
    {"H264CutInTheMiddle", "a.mp4", {"-vf", "trim=start_frame=3", "-c:v", "libx264", "-bf", "2", "-g", "10"}},
    {"H264TransportStream", "a.ts", {"-c:v", "libx264", "-bf", "2", "-g", "10", "-pix_fmt", "yuv420p"}},
    {"H264InAvi", "a.avi", {"-c:v", "libx264", "-bf", "2", "-g", "10", "-pix_fmt", "yuv420p"}},
    {"Mpeg4InAviWithBFrames", "a.avi", {"-c:v", "mpeg4", "-bf", "2", "-g", "10"}},
    {"Mpeg4InMkv", "a.mkv", {"-c:v", "mpeg4", "-bf", "2", "-g", "10"}},
    {"Vp8WithHiddenFrames", "a.webm", {"-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "16"}},
    {"Vp9",
     "a.webm",
     {"-c:v", "libvpx-vp9", "-lag-in-frames", "16", "-g", "16", "-cpu-used", "8", "-deadline", "realtime"}},
    {"Gif", "a.gif", {}},
    {"Ffv1", "a.mkv", {"-c:v", "ffv1", "-pix_fmt", "yuv444p"}},
    {"TenBits", "a.mkv", {"-c:v", "ffv1", "-pix_fmt", "yuv420p10le"}},
    {"OddSize", "a.mkv", {"-c:v", "ffv1", "-pix_fmt", "yuv420p"}, "67x51"},
    {"FullRange", "a.mp4", {"-c:v", "mjpeg", "-pix_fmt", "yuvj420p"}},
    {"Bt709", "a.mp4", {"-c:v", "libx264", "-colorspace", "bt709", "-color_range", "tv", "-pix_fmt", "yuv420p"}},
    {"Image", "a.png", {}, "66x50", 1},
    {"Photograph", "a.jpg", {}, "66x50", 1},
};

class Videos : public testing::TestWithParam<Encoding> {
 protected:
  void SetUp() override { test::make_video(path, GetParam().frames, GetParam().size, GetParam().arguments); }
  const test::TemporaryDirectory directory;
  const std::string path = directory / GetParam().file;
};

TEST_P(Videos, GiveTheFramesOfTheFfmpegProgramInAnyOrder) {
  VideoFile video(path);
  const std::vector<std::string> expected = test::ffmpeg_frames(path, video.height(), video.width());
  ASSERT_EQ(video.frame_count(), static_cast<std::int64_t>(expected.size()));
  const auto equal = [&](std::int64_t index) {
    const Tensor frame = video.frames(std::vector{index});
    return test::bytes_of(frame) == expected[static_cast<std::size_t>(index)];
  };
  // All at once, one by one backwards, and in random order.
  std::vector<std::int64_t> all(expected.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  std::vector<bool> seen(expected.size());
  video.read(all, [&](std::int64_t place, const Tensor& frame) {
    EXPECT_EQ(test::bytes_of(frame) == expected[static_cast<std::size_t>(place)], true) << "frame " << place;
    seen[static_cast<std::size_t>(place)] = true;
  });
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), video.frame_count());
  for (std::int64_t i = video.frame_count() - 1; i >= 0; --i) EXPECT_TRUE(equal(i)) << "backwards, frame " << i;
  const Random random(1, 2);
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto index = static_cast<std::int64_t>(random.below(i, expected.size()));
    EXPECT_TRUE(equal(index)) << "draw " << i << ", frame " << index;
  }
}

INSTANTIATE_TEST_SUITE_P(Encodings, Videos, testing::ValuesIn(kEncodings),
                         [](const auto& video) { return video.param.name; });

class VideoFiles : public testing::Test {
 protected:
  const test::TemporaryDirectory directory;
};

TEST_F(VideoFiles, GiveOneFrameToSeveralPlaces) {
  test::make_video(directory / "a.mp4", 8, "32x32");
  VideoFile video(directory / "a.mp4");
  const std::vector<std::int64_t> indices = {5, 2, 5, 0};
  const Tensor frames = video.frames(indices);
  EXPECT_EQ(frames.shape(), (Shape{4, 32, 32, 3}));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Tensor one = video.frames(std::vector{indices[i]});
    EXPECT_EQ(test::bytes_of(frames.slice(static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 1)),
              test::bytes_of(one));
  }
}

TEST_F(VideoFiles, RefuseWhatIsWrongByName) {
  test::make_video(directory / "a.mp4", 8, "32x32");
  VideoFile video(directory / "a.mp4");
  EXPECT_EQ(test::error_of([&] { video.frames(std::vector<std::int64_t>{8}); }),
            directory / "a.mp4" + ": frames are numbered 0 to 7, got 8");
  EXPECT_EQ(test::error_of([&] { video.frames(std::vector<std::int64_t>{-1}); }),
            directory / "a.mp4" + ": frames are numbered 0 to 7, got -1");
  EXPECT_EQ(test::error_of([&] { VideoFile(directory / "absent"); }),
            "cannot read " + directory / "absent" + ": No such file or directory");
  EXPECT_EQ(test::error_of([&] { VideoFile(directory.path().string()); }),
            "cannot read " + directory.path().string() + ": it is not a regular file");
  EXPECT_EQ(
      test::error_of([&] { VideoFile(directory.write("text.mp4", "no video")); }),
      directory / "text.mp4" + ": not a video or image that can be read: Invalid data found when processing input");
  EXPECT_EQ(
      test::error_of([&] { VideoFile(directory.write("empty.mp4", "")); }),
      directory / "empty.mp4" + ": not a video or image that can be read: Invalid data found when processing input");
}

// A playlist would make the reader open other files, or the network.
TEST_F(VideoFiles, ReadNothingButTheFileItself) {
  test::make_video(directory / "a.ts", 8, "32x32");
  const std::string list =
      directory.write("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n");
  EXPECT_NE(test::error_of([&] { VideoFile{list}; }).find("not a video or image"), std::string::npos);
  const std::string concat = directory.write("list.ffconcat", "ffconcat version 1.0\nfile a.ts\n");
  EXPECT_NE(test::error_of([&] { VideoFile{concat}; }).find("not a video or image"), std::string::npos);
}

TEST_F(VideoFiles, RefuseFramesOfEndlessSize) {
  // A bitmap of 30000 x 30000 pixels, all of them missing.
  std::string header("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18);
  for (const int side : {30000, 30000}) {
    for (int shift = 0; shift < 32; shift += 8) header += static_cast<char>(side >> shift);
  }
  header += std::string("\1\0\x18\0", 4) + std::string(100, '\0');
  const std::string error = test::error_of([&] { VideoFile(directory.write("huge.bmp", header)); });
  EXPECT_EQ(error.find(directory / "huge.bmp"), 0u);
}

}  // namespace
}  // namespace sequent
