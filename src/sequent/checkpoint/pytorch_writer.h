// Files as torch.save writes them (.bin, .pt, .pth.tar), for programs that read nothing else.
#pragma once

#include <span>
#include <string>

#include "sequent/checkpoint/safetensors.h"

namespace sequent {

/// Tensors under one key of the outermost dictionary, as a dictionary of their own; an empty key: in the outermost
/// itself.
struct PyTorchGroup {
  std::string key;
  std::span<const NamedTensor> tensors;
};

/// A dictionary of tensors on the CPU, each with a storage of its own, in the format of PyTorch 1.6 and later.
/// torch.load opens it, with weights_only as well. Replaces `path` at once or not at all. The bytes depend only on the
/// arguments. Errors: a name given twice; a tensor without value, or of a type that PyTorch has not (the block types).
void save_pytorch(const std::string& path, std::span<const PyTorchGroup> groups);
inline void save_pytorch(const std::string& path, std::span<const NamedTensor> tensors) {
  const PyTorchGroup one[] = {{{}, tensors}};
  save_pytorch(path, one);
}

}  // namespace sequent
