#include "sequent/video/png_writer.h"

#include <gtest/gtest.h>

#include "sequent/video/frame_source.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(PngWriter, WhatIsReadAgainIsTheSame) {
  const test::TemporaryDirectory directory;
  const Tensor picture = Tensor::empty({5, 7, 3}, DType::u8);
  for (std::int64_t i = 0; i < picture.elements(); ++i) {
    picture.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * 37);
  }
  write_png(directory / "x.png", picture);
  const auto source = open_frames(directory / "x.png");
  ASSERT_EQ(source->height(), 5);
  ASSERT_EQ(source->width(), 7);
  const std::vector<std::int64_t> first = {0};
  const Tensor again = source->frames(first);
  for (std::int64_t i = 0; i < picture.elements(); ++i) {
    ASSERT_EQ(again.data<std::uint8_t>()[i], picture.data<std::uint8_t>()[i]) << i;
  }
}

TEST(PngWriter, RefusesWhatIsNoPicture) {
  EXPECT_EQ(test::error_of([] {
              write_png("x.png", Tensor::empty({5, 7}, DType::u8));
            }),
            "x.png: a picture must be [height, width, 3], got [5, 7]");
}

}  // namespace
}  // namespace sequent
