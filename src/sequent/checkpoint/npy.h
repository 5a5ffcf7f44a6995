// NumPy's file of one array (.npy), for those who read results in Python.
#pragma once

#include <string>

#include "sequent/tensor/tensor.h"

namespace sequent {

/// Writes a float32 tensor, replacing the file at once or not at all (format version 1.0, little-endian, row-major).
void save_npy(const std::string& path, const Tensor& tensor);

}  // namespace sequent
