// Files that torch.save writes (.bin, .pt, .pth, .pth.tar): a ZIP archive of a pickle, which describes a nest of
// dictionaries, lists and tensors, and one member per storage of the tensors, used in place.
#pragma once

#include <memory>
#include <span>

#include "sequent/checkpoint/tensor_file.h"

namespace sequent {

/// Whether torch.save wrote this, in any of its formats.
bool is_pytorch(std::span<const std::byte> file);

/// All tensors, wherever they lie in the nest, under the path of keys and places that leads there, joined by dots:
/// "encoder.module.backbone.norm.weight", "opt.state.0.exp_avg". Texts and numbers directly in the outermost dictionary
/// become metadata; everything else that is no tensor is passed over. Nothing in the file is executed (pickle.h).
/// Views with strides and tensors that share a storage are read as such. `file` is named in errors.
/// Refused: the formats from before PyTorch 1.6 (a stream, a tar file), TorchScript, big-endian files, names that are
/// not among those of tensors and plain values, and whatever does not fit the storages of the file.
TensorTable read_pytorch(std::shared_ptr<const MappedFile> file);

}  // namespace sequent
