#include "sequent/kernels/state_space_duality.h"

#include "sequent/kernels/reference/state_space_duality.h"

namespace sequent::kernels {

void state_space_duality(Cpu, const StateSpaceDualityForward<float>& args) {
  reference::state_space_duality(args);
}

void state_space_duality(Cpu, const StateSpaceDualityBackward<float>& args) {
  reference::state_space_duality(args);
}

}  // namespace sequent::kernels
