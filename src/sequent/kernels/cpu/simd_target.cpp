#include "sequent/kernels/simd_target.h"

#include <hwy/targets.h>

namespace sequent::kernels {

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

}  // namespace sequent::kernels
