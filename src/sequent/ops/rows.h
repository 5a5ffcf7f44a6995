// Cutting and joining along rows and columns, each with its gradient.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequent/autograd/var.h"

namespace sequent {

/// Rows [begin, end) of the first axis. The value shares memory with x.
Var slice_rows(const Var& x, std::int64_t begin, std::int64_t end);

/// The parts end to end along the first axis; all other sizes must agree. One part is returned as it is.
Var concat_rows(std::span<const Var> parts);

/// x: [rows, sum(widths)] -> one [rows, width] for each width, copied.
std::vector<Var> split_columns(const Var& x, std::span<const std::int64_t> widths);

/// x: [rows, groups * width] -> [rows, groups * times * width]: every `width` columns `times` in succession, as heads
/// that share a key head each get a copy of it. x itself when times is 1.
Var repeat_columns(const Var& x, std::int64_t width, std::int64_t times);

}  // namespace sequent
