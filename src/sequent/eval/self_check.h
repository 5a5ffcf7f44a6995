// A quick check that the fast kernels compute the right thing on this processor.
#pragma once

#include <string>
#include <vector>

namespace sequent {

struct SelfCheck {
  std::string what;
  double error;      // largest difference from a plain loop in double, as a fraction of the largest value
  double tolerance;  // what rounding explains
  bool passed() const { return error <= tolerance; }
};

/// A matrix product and a selective scan, each against a scalar loop. Takes a few milliseconds.
std::vector<SelfCheck> self_checks();

}  // namespace sequent
