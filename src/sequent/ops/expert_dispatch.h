// Which token goes to which expert: the choices of a router sorted by expert, up to a capacity.
#pragma once

#include <cstdint>

#include "sequent/tensor/segments.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// A row is a choice of a token that its expert takes. The rows lie sorted by expert, those of an expert in the order
/// of the tokens.
struct ExpertDispatch {
  Tensor begins = {};  // [experts + 1], i64: expert e takes the rows from begins[e] to begins[e + 1]
  Tensor token = {};   // [rows], i32: the token of a row
  Tensor row = {};     // [tokens, choices], i32: the row of a choice; -1 when its expert was full
  std::int64_t dropped = 0;

  std::int64_t rows() const { return token.size(0); }
};

/// choices: [tokens, choices], i32, each below `experts`. In each group every expert takes its first `capacity`
/// choices: the first choices of all tokens before the second ones, and these in the order of the tokens.
ExpertDispatch dispatch(const Tensor& choices, std::int64_t experts, std::int64_t capacity, const Segments& groups);

}  // namespace sequent
