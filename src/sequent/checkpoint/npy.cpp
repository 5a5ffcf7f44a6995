#include "sequent/checkpoint/npy.h"

#include <fmt/core.h>

#include "sequent/base/files.h"

namespace sequent {
namespace {

// Magic, version, length of the text, and the text padded so that the data begin at a multiple of 64 bytes.
std::string header_of(const Shape& shape) {
  std::string sizes;
  for (const std::int64_t size : shape.sizes()) sizes += fmt::format("{}, ", size);
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes);
  constexpr std::size_t kBefore = 10, kAlignment = 64;
  const std::size_t length = (kBefore + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kBefore;
  text.resize(length - 1, ' ');
  const char count[] = {static_cast<char>(length % 256), static_cast<char>(length / 256)};
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(count, 2) + text + "\n";
}

}  // namespace

void save_npy(const std::string& path, const Tensor& tensor) {
  const float* values = tensor.floats();
  write_file_atomically(path, [&](FileWriter& file) {
    file.write(header_of(tensor.shape()));
    file.write(values, static_cast<std::size_t>(tensor.bytes()));
  });
}

}  // namespace sequent
