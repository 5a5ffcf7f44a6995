// A parameter as a piece of a published tensor: cut out when reading, put together when writing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/models/names.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// The parameter of `shape` out of the published tensor, in its element type and in place unless it is transposed.
/// Error: another shape than the rule leads to.
Tensor cut_piece(const Tensor& published, const PublishedName& name, const Shape& shape);

/// A parameter and where it belongs.
struct PublishedPiece {
  PublishedName name;
  Tensor tensor;
};
/// The published tensors that hold all of these, in the order of their first pieces. Error: pieces missing of one.
std::vector<NamedTensor> join_pieces(std::vector<PublishedPiece> pieces);

}  // namespace sequent
