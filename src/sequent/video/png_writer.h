// Writes a picture as PNG, through libavcodec, which is here for the videos anyway.
#pragma once

#include <string>

#include "sequent/tensor/tensor.h"

namespace sequent {

/// picture: [height, width, 3], u8, red first. Errors name the path.
void write_png(const std::string& path, const Tensor& picture);

}  // namespace sequent
