// A case of the state-space duality in any number type, and the cases that its forward and backward kernels are both
// tried on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/state_space_duality.h"
#include "tests/support/values.h"

namespace sequent::test {

/// What a case is made from; any number type can be made from the same.
struct DualityLayout {
  std::vector<std::int64_t> offsets;
  std::int64_t heads, groups, width, states;
  bool with_delta = true, with_state = true;
  enum class Skip { none, per_head, per_channel } skip = Skip::per_head;
  double loss = 0;  // of every rate, where it is not random

  std::string text() const {
    return "tokens " + std::to_string(offsets.back()) + ", heads " + std::to_string(heads) + ", groups " +
           std::to_string(groups) + ", width " + std::to_string(width) + ", states " + std::to_string(states);
  }
};

template <class Real>
struct DualityCase {
  DualityLayout layout;
  std::int64_t tokens, sequences;
  std::vector<Real> x, b, c, delta, rate, skip, state, dy, dfinal_state;
  std::vector<Real> y, final_state, checkpoints, dx, db, dc, ddelta, drate, dskip, dstate, partials, scratch;

  explicit DualityCase(const DualityLayout& layout_)
      : layout(layout_),
        tokens(layout.offsets.back()),
        sequences(static_cast<std::int64_t>(layout.offsets.size()) - 1) {
    const auto values = [](std::int64_t count, const char* name, double deviation = 1.0) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t all_states = sequences * layout.heads * layout.states * layout.width;
    x = values(tokens * layout.heads * layout.width, "x");
    b = values(tokens * layout.groups * layout.states, "b");
    c = values(tokens * layout.groups * layout.states, "c");
    delta = values(tokens * layout.heads, "delta");
    for (Real& value : delta) value = std::abs(value) / 2;
    rate = values(layout.heads, "rate", 0.3);
    for (Real& value : rate) value = layout.loss > 0 ? -static_cast<Real>(layout.loss) : -std::abs(value);
    skip = values(inputs().skip_size(), "skip");
    state = values(all_states, "state");
    dy = values(tokens * layout.heads * layout.width, "dy");
    dfinal_state = values(all_states, "dfinal_state");
    for (auto* like_x : {&y, &dx}) like_x->resize(x.size());
    for (auto* like_b : {&db, &dc}) like_b->resize(b.size());
    for (auto* like_state : {&final_state, &dstate}) like_state->resize(state.size());
    ddelta.resize(delta.size());
    drate.resize(rate.size());
    dskip.resize(skip.size());
    checkpoints.resize(kernels::state_space_duality_checkpoints(inputs()));
    partials.resize(kernels::state_space_duality_partials(inputs()));
    scratch.resize(thread_count() * std::max(kernels::state_space_duality_forward_scratch(inputs()),
                                             kernels::state_space_duality_backward_scratch(inputs())));
  }
  kernels::StateSpaceDualityArguments<Real> inputs() {
    return {.x = x.data(),
            .b = b.data(),
            .c = c.data(),
            .delta = layout.with_delta ? delta.data() : nullptr,
            .rate = rate.data(),
            .skip = layout.skip == DualityLayout::Skip::none ? nullptr : skip.data(),
            .state = layout.with_state ? state.data() : nullptr,
            .offsets = layout.offsets.data(),
            .sequences = sequences,
            .heads = layout.heads,
            .groups = layout.groups,
            .width = layout.width,
            .states = layout.states,
            .skip_per_channel = layout.skip == DualityLayout::Skip::per_channel,
            .workers = thread_count()};
  }
  kernels::StateSpaceDualityForward<Real> forward() {
    return {.inputs = inputs(),
            .y = y.data(),
            .final_state = final_state.data(),
            .checkpoints = checkpoints.data(),
            .scratch = scratch.data()};
  }
  kernels::StateSpaceDualityBackward<Real> backward() {
    return {.inputs = inputs(),
            .checkpoints = checkpoints.data(),
            .dy = dy.data(),
            .dfinal_state = layout.with_state ? dfinal_state.data() : nullptr,
            .dx = dx.data(),
            .db = db.data(),
            .dc = dc.data(),
            .ddelta = layout.with_delta ? ddelta.data() : nullptr,
            .dstate = layout.with_state ? dstate.data() : nullptr,
            .drate = layout.with_delta ? drate.data() : nullptr,
            .dskip = layout.skip == DualityLayout::Skip::none ? nullptr : dskip.data(),
            .partials = partials.data(),
            .scratch = scratch.data()};
  }
};

inline std::vector<DualityLayout> duality_layouts_of_every_width() {
  const std::vector<std::int64_t> offsets = {0, 1, 8, 11, 13, 46};
  std::vector<DualityLayout> layouts;
  for (const std::int64_t width : {1, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 64, 80}) {
    layouts.push_back({offsets, 3, 1, width, 8});
  }
  for (const std::int64_t states : {1, 2, 5, 15, 16, 17, 33, 64, 65, 128}) {
    layouts.push_back({offsets, 2, 2, 5, states});
  }
  return layouts;
}

inline std::vector<DualityLayout> duality_layouts_across_chunks() {
  constexpr std::int64_t T = kernels::kStateSpaceDualityChunk;
  const std::vector<std::int64_t> many = {0, T - 1, 2 * T - 1, 3 * T, 3 * T + 1, 6 * T + 2, 6 * T + 9};
  std::vector<DualityLayout> layouts;
  for (const bool with_delta : {true, false}) {
    for (const bool with_state : {true, false}) {
      for (const auto skip :
           {DualityLayout::Skip::none, DualityLayout::Skip::per_head, DualityLayout::Skip::per_channel}) {
        layouts.push_back({many, 6, 2, 5, 7, with_delta, with_state, skip});
      }
    }
  }
  for (const std::int64_t length : {T, T + 1, 2 * T, 5 * T + 7}) layouts.push_back({{0, length}, 5, 1, 33, 20});
  return layouts;
}

/// More sequences than groups of them, so that a group has several; and one token each, as in decoding.
inline std::vector<DualityLayout> duality_layouts_of_many_sequences() {
  std::vector<std::int64_t> offsets = {0}, single = {0};
  for (std::int64_t i = 0; i < 40; ++i) {
    offsets.push_back(offsets.back() + 1 + i * i % 7);
    single.push_back(i + 1);
  }
  return {{offsets, 6, 3, 17, 16}, {single, 6, 3, 17, 16}, {single, 2, 1, 70, 9, false}};
}

/// A long sequence whose decays are all exp(-`loss`) per token.
inline DualityLayout duality_layout_long(double loss) {
  DualityLayout layout{{0, 8192}, 2, 1, 8, 5, false};
  layout.loss = loss;
  return layout;
}

/// So little is lost that nothing is forgotten (the smallest gamma of a deep RetNet, 1 - 2^-36); something; everything.
inline const double kDualityLosses[] = {0x1p-36, 0.01, 1.0, 50.0};

}  // namespace sequent::test
