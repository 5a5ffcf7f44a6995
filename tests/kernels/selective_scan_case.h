// A case of the selective scan in any number type, and the cases that its forward and backward kernels are both tried
// on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/selective_scan.h"
#include "tests/support/values.h"

namespace sequent::test {

using Offsets = std::vector<std::int64_t>;

template <class Real>
struct SelectiveScanCase {
  Offsets offsets;
  std::int64_t tokens, sequences, channels, states, workers;
  bool gated, with_state;
  std::vector<Real> x, delta, delta_bias, a_log, b, c, d, gate, state;
  std::vector<Real> y, final_state, checkpoints, forward_scratch;
  std::vector<Real> dy, dfinal_state, dx, ddelta, ddelta_bias, da_log, db, dc, dd, dgate, dstate, partials, scratch;

  SelectiveScanCase(Offsets offsets_, std::int64_t channels_, std::int64_t states_, bool gated_ = true,
                    bool with_state_ = true)
      : offsets(std::move(offsets_)),
        tokens(offsets.back()),
        sequences(static_cast<std::int64_t>(offsets.size()) - 1),
        channels(channels_),
        states(states_),
        workers(thread_count()),
        gated(gated_),
        with_state(with_state_) {
    const auto values = [](std::int64_t count, const char* name, double deviation = 1.0) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t activations = tokens * channels, all_states = sequences * channels * states;
    x = values(activations, "x");
    delta = values(activations, "delta", 2.0);
    delta_bias = values(channels, "delta_bias");
    a_log = values(channels * states, "a_log");
    b = values(tokens * states, "b");
    c = values(tokens * states, "c");
    d = values(channels, "d");
    gate = values(activations, "gate", 3.0);
    state = values(all_states, "state");
    dy = values(activations, "dy");
    dfinal_state = values(all_states, "dfinal_state");
    for (auto* of_tokens : {&y, &dx, &ddelta, &dgate}) of_tokens->resize(activations);
    for (auto* of_channels : {&ddelta_bias, &dd}) of_channels->resize(channels);
    for (auto* of_states : {&final_state, &dstate}) of_states->resize(all_states);
    db.resize(b.size());
    dc.resize(c.size());
    da_log.resize(a_log.size());
    checkpoints.resize(kernels::selective_scan_checkpoints(tokens, channels, states));
    partials.resize(kernels::selective_scan_partials(tokens, channels, states, sequences));
    forward_scratch.resize(workers * kernels::selective_scan_forward_scratch(states));
    scratch.resize(workers * kernels::selective_scan_backward_scratch(states));
  }
  kernels::SelectiveScanArguments<Real> inputs() {
    return {.x = x.data(),
            .delta = delta.data(),
            .delta_bias = delta_bias.data(),
            .a_log = a_log.data(),
            .b = b.data(),
            .c = c.data(),
            .d = d.data(),
            .gate = gated ? gate.data() : nullptr,
            .state = with_state ? state.data() : nullptr,
            .offsets = offsets.data(),
            .sequences = sequences,
            .channels = channels,
            .states = states,
            .workers = workers};
  }
  kernels::SelectiveScanForward<Real> forward() {
    return {.inputs = inputs(),
            .y = y.data(),
            .final_state = final_state.data(),
            .checkpoints = checkpoints.data(),
            .scratch = forward_scratch.data()};
  }
  kernels::SelectiveScanBackward<Real> backward() {
    return {.inputs = inputs(),
            .checkpoints = checkpoints.data(),
            .dy = dy.data(),
            .dfinal_state = with_state ? dfinal_state.data() : nullptr,
            .dx = dx.data(),
            .ddelta = ddelta.data(),
            .db = db.data(),
            .dc = dc.data(),
            .dgate = gated ? dgate.data() : nullptr,
            .dstate = with_state ? dstate.data() : nullptr,
            .ddelta_bias = ddelta_bias.data(),
            .da_log = da_log.data(),
            .dd = dd.data(),
            .partials = partials.data(),
            .scratch = scratch.data()};
  }
};

/// What a case is made from; any number type can be made from the same.
struct SelectiveScanLayout {
  Offsets offsets;
  std::int64_t channels, states;
  bool gated = true, with_state = true;

  template <class Real>
  SelectiveScanCase<Real> make() const {
    return {offsets, channels, states, gated, with_state};
  }
  std::string text() const {
    return "tokens " + std::to_string(offsets.back()) + ", channels " + std::to_string(channels) + ", states " +
           std::to_string(states);
  }
};

inline std::vector<SelectiveScanLayout> selective_scan_layouts_of_every_width() {
  const Offsets offsets = {0, 1, 6, 9};
  std::vector<SelectiveScanLayout> layouts;
  for (const std::int64_t channels : {1, 3, 4, 5, 8, 15, 16, 17, 33, 63, 64, 65, 100, 130}) {
    layouts.push_back({offsets, channels, 16});
  }
  for (const std::int64_t states : {1, 2, 3, 5, 8, 15, 17, 32, 64, 65, 128, 256}) {
    layouts.push_back({offsets, 20, states});
  }
  layouts.push_back({offsets, 300, 130});
  return layouts;
}

inline std::vector<SelectiveScanLayout> selective_scan_layouts_across_chunks() {
  constexpr std::int64_t T = kernels::kSelectiveScanChunk;
  const Offsets many = {0, T - 1, 2 * T - 1, 3 * T, 3 * T + 1, 6 * T + 2, 6 * T + 9};
  std::vector<SelectiveScanLayout> layouts;
  for (const bool gated : {true, false}) {
    for (const bool with_state : {true, false}) {
      for (const std::int64_t states : {3, 16}) layouts.push_back({many, 18, states, gated, with_state});
    }
  }
  for (const std::int64_t length : {T, T + 1, 2 * T, 5 * T + 7}) layouts.push_back({{0, length}, 70, 16});
  return layouts;
}

/// More sequences than groups, so that a group has several; and one token each, as in decoding.
inline std::vector<SelectiveScanLayout> selective_scan_layouts_of_many_sequences() {
  Offsets offsets = {0}, single = {0};
  for (std::int64_t i = 0; i < 70; ++i) {
    offsets.push_back(offsets.back() + 1 + i * i % 7);
    single.push_back(i + 1);
  }
  return {{offsets, 17, 16}, {single, 17, 16}};
}

/// Step sizes, gates and decays at and beyond the limits of float. Decays near 1 over states near 200 |x|: the terms of
/// y and the gradients are far larger than their sums.
template <class Real>
SelectiveScanCase<Real> extreme_selective_scan_case() {
  SelectiveScanCase<Real> c({0, 60}, 19, 16);
  const double deltas[] = {-200, -100, -88, -30, -10, 0, 10, 19.9, 20.1, 30, 88, 200};
  const double gates[] = {-200, -104, -88, -20, 0, 20, 88, 104, 200};
  for (std::size_t i = 0; i < c.delta.size(); ++i) c.delta[i] = static_cast<Real>(deltas[i % 12]);
  for (std::size_t i = 0; i < c.gate.size(); ++i) c.gate[i] = static_cast<Real>(gates[i % 9]);
  for (std::size_t i = 0; i < c.a_log.size(); ++i) c.a_log[i] = static_cast<Real>(-12.0 + static_cast<double>(i % 24));
  return c;
}

}  // namespace sequent::test
