// The independent tasks that the state-space duality is cut into.
#pragma once

#include <cstdint>

namespace sequent::kernels {

/// Of the forward pass: heads [head_begin, head_end) of one group in one sequence, and of each head the columns
/// [column, column + columns) of x, y and the state. How the work is cut changes no result.
struct DualityForwardTask {
  std::int64_t sequence, group, head_begin, head_end, column, columns;
};

/// Of the backward pass: heads [head_begin, head_end) of one group over some sequences, and where their parts of the
/// gradients go. db and dc are written, drate and dskip added to; all are laid out as the whole gradient is.
struct DualityBackwardTask {
  std::int64_t group, head_begin, head_end, sequence_begin, sequence_end;
  float *db, *dc, *drate, *dskip;
};

}  // namespace sequent::kernels
