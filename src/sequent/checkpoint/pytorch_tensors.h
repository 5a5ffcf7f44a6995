// What a pickle of torch.save says about tensors: which of its calls make tensors, of which type, and where in which
// storage their elements lie. Private to this room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sequent/checkpoint/pickle.h"
#include "sequent/checkpoint/tensor_file.h"

namespace sequent {

/// The names that occur where tensors and plain values are saved.
std::span<const PickleGlobal> pytorch_globals();

/// The bytes of each storage by its key.
using PytorchStorages = std::unordered_map<std::string_view, std::span<const std::byte>>;

/// Whether a value of the pickle is a tensor or parameter.
bool is_pytorch_tensor(const Pickle& pickle, Pickle::Index value);

/// That tensor, called `name`. Error "PLACE: tensor NAME: ..." if it does not fit its storage, or is of a kind that has
/// no elements of its own.
TensorEntry read_pytorch_tensor(const Pickle& pickle, Pickle::Index value, const PytorchStorages& storages,
                                std::string name, std::string_view place);

}  // namespace sequent
