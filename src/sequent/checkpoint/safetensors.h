// safetensors files: named tensors read straight from a mapped file, and written so that every other reader of the
// format opens them.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/checkpoint/tensor_file.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// Whether a file looks like safetensors, which have no magic number: a header must begin with '{'. Files too short to
/// tell do.
bool is_safetensors(std::span<const std::byte> file);

/// Checks the header (see parse_safetensors for what is refused).
TensorTable read_safetensors(std::shared_ptr<const MappedFile> file);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Writes all tensors to `path`, replacing it at once or not at all (write_file_atomically). The bytes depend only on
/// the arguments: largest element type first, then by name, as the format's own library orders them. {"format": "pt"},
/// without which the common loaders refuse a file, is added to `metadata` unless it has a format. Errors: a name given
/// twice, reserved or not UTF-8, a tensor without value.
void save_safetensors(const std::string& path, std::span<const NamedTensor> tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace sequent
