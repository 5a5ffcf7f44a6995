// Decoded frames to red, green and blue, as the ffmpeg program converts them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sequent/tensor/tensor.h"

struct AVFrame;

namespace sequent {

class RgbConverter {
 public:
  /// `path` is named in errors.
  RgbConverter(std::string path, std::int64_t height, std::int64_t width);
  ~RgbConverter();
  RgbConverter(const RgbConverter&) = delete;
  RgbConverter& operator=(const RgbConverter&) = delete;

  /// [height, width, 3], u8; the same memory at every call. Colour matrix and range are those the frame names. Error: a
  /// frame of another size than given above.
  const Tensor& convert(const AVFrame& frame);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sequent
