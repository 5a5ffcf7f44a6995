#include "sequent/kernels/product_precision.h"

namespace sequent::kernels {

bool multiplies_bfloat16() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bf16");
  return has;
#else
  return false;
#endif
}

}  // namespace sequent::kernels
