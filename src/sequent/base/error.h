// The one exception of the library. The library never prints, aborts or exits: every refusal of what a
// caller gave is an Error whose sentence names the operation, the rule and the value, for example
// "rms_norm: weight must be [512], got [256]".
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace sequent {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with a formatted sentence.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::vformat(format, fmt::make_format_args(args...)));
}

/// Throws Error with a formatted sentence unless `condition` holds.
template <class... Args>
void check(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(fmt::vformat(format, fmt::make_format_args(args...)));
}

}  // namespace sequent
