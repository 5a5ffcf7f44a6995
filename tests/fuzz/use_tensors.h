// What a program does with a file of tensors: asks everything about each of them, and reads every byte.
#pragma once

#include "sequent/base/error.h"
#include "sequent/checkpoint/tensor_file.h"

namespace sequent::fuzz {

inline void touch(const Tensor& tensor) {
  static volatile unsigned sink = 0;
  unsigned sum = 0;
  for (std::int64_t i = 0; i < tensor.bytes(); ++i) sum += static_cast<unsigned>(tensor.raw()[i]);
  sink = sink + sum;
}

/// `read` is the reader of a format: what it refuses must be an Error, and what it accepts must be usable.
inline void use_tensors(TensorTable (*read)(std::shared_ptr<const MappedFile>),
                        const std::shared_ptr<const MappedFile>& bytes) {
  try {
    const TensorFile file(read(bytes));
    for (const std::string& name : file.names()) {
      try {
        file.bytes(name);
        file.shape(name);
        touch(file.raw(name));
        touch(file.tensor(name));
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace sequent::fuzz
