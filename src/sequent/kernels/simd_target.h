// Which of the instruction sets that the kernels were compiled for is used on this processor.
#pragma once

#include <string>
#include <vector>

namespace sequent::kernels {

/// Names as in Highway ("AVX3", "AVX2", "SSE2"), the one that is used first.
std::vector<std::string> simd_targets();

}  // namespace sequent::kernels
