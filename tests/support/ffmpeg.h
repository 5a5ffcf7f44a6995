// The ffmpeg program: it makes the videos of the tests, and says what their frames are.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/tensor/tensor.h"
#include "tests/support/program.h"

namespace sequent::test {

inline void ffmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error", "-y"});
  const CommandResult result = run_program("/usr/bin/env", arguments);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

/// A moving test picture of so many frames and the size "WxH", encoded as the further arguments say.
inline void make_video(const std::string& path, int frames, const std::string& size,
                       const std::vector<std::string>& encoding = {}) {
  std::vector<std::string> arguments = {
      "-f", "lavfi",      "-i",     "testsrc2=rate=25:size=" + size, "-frames:v", std::to_string(frames), "-threads",
      "1",  "-sws_flags", "bicubic"};
  arguments.insert(arguments.end(), encoding.begin(), encoding.end());
  arguments.push_back(path);
  ffmpeg(arguments);
}

/// Every frame of a file as the ffmpeg program decodes it: height * width * 3 bytes each, none added or left out.
inline std::vector<std::string> ffmpeg_frames(const std::string& path, std::int64_t height, std::int64_t width) {
  const TemporaryDirectory directory;
  ffmpeg(
      {"-i", path, "-map", "0:v:0", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", directory / "raw"});
  const std::string all = contents_of(directory / "raw");
  const auto bytes = static_cast<std::size_t>(height * width * 3);
  EXPECT_EQ(all.size() % bytes, 0u);
  std::vector<std::string> frames;
  for (std::size_t at = 0; at + bytes <= all.size(); at += bytes) frames.push_back(all.substr(at, bytes));
  return frames;
}

inline std::string bytes_of(const Tensor& frame) {
  return {reinterpret_cast<const char*>(frame.data<std::uint8_t>()), static_cast<std::size_t>(frame.elements())};
}

}  // namespace sequent::test
