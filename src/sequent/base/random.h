// Counter-based random numbers (Philox4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): the value at (seed, stream, counter) is a pure function, so nothing depends on threads or call order,
// and the whole random state of a run is a few integers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sequent {

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Stream for a name (FNV-1a), so that each parameter draws its own numbers whatever the order of construction.
  static std::uint64_t stream_of(std::string_view name);

  /// Four independent 32-bit words at `counter`.
  std::array<std::uint32_t, 4> words(std::uint64_t counter) const;

  /// 64 random bits at `counter`.
  std::uint64_t bits(std::uint64_t counter) const;

  /// Uniform in [0, 1), 24 bits.
  float uniform(std::uint64_t counter) const;

  /// Standard normal (Box-Muller).
  float normal(std::uint64_t counter) const;

  /// Uniform integer in [0, bound), bound > 0, without modulo bias beyond 2^-64.
  std::uint64_t below(std::uint64_t counter, std::uint64_t bound) const;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace sequent
