// Where a kernel runs, as an empty tag: kernels are ordinary overloads, rms_norm(Cpu{}, args).
#pragma once

namespace sequent::kernels {

struct Cpu {};

}  // namespace sequent::kernels
