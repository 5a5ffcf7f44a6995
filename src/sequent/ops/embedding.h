// Embedding: rows of a table picked by token.
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"

namespace sequent {

/// y[t] = table[ids[t]].   table: [vocabulary, width] -> [ids.size(), width].   An id outside the table is an Error.
/// A table of more axes has rows of all but its first.
/// The gradient of the table does not depend on the number of threads.
Var embedding(std::span<const std::int32_t> ids, const Var& table);

}  // namespace sequent
