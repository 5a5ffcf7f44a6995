#include "sequent/video/rgb_converter.h"

#include <gtest/gtest.h>

#include "sequent/video/media_input.h"
#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

TEST(RgbConverter, GivesTheColoursThatWentIn) {
  const test::TemporaryDirectory directory;
  test::ffmpeg(
      {"-f", "lavfi", "-i", "color=c=0x4080C0:size=34x18", "-frames:v", "1", "-pix_fmt", "rgb24", directory / "a.png"});
  MediaInput input(directory / "a.png");
  RgbConverter converter(input.path(), 18, 34);
  const Tensor& rgb = converter.convert(*input.next_frame());
  ASSERT_EQ(rgb.shape(), (Shape{18, 34, 3}));
  for (std::int64_t i = 0; i < rgb.elements(); ++i) {
    EXPECT_NEAR(rgb.data<std::uint8_t>()[i], (std::array{0x40, 0x80, 0xC0})[static_cast<std::size_t>(i % 3)], 1);
  }
}

TEST(RgbConverter, RefusesFramesThatChangeTheirSize) {
  const test::TemporaryDirectory directory;
  test::make_video(directory / "a.png", 1, "32x24");
  MediaInput input(directory / "a.png");
  RgbConverter converter(input.path(), 24, 30);
  EXPECT_EQ(test::error_of([&] { converter.convert(*input.next_frame()); }),
            directory / "a.png" + ": a frame has 32x24 pixels, unlike the first with 30x24");
}

}  // namespace
}  // namespace sequent
