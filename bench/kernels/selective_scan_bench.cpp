// The selective scan beside its bound on this machine: as many exponentials and multiply-adds, by the same code, with
// the states in registers and nothing read from memory, on as many threads.
#include "sequent/kernels/selective_scan.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "sequent/base/random.h"
#include "sequent/base/threads.h"
#include "sequent/tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels/selective_scan_bench.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/selective_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// About `updates` updates of a state.
float ScanBound(std::int64_t updates) {
  const FloatTag d;
  auto h0 = hn::Zero(d), h1 = h0, h2 = h0, h3 = h0, h4 = h0, h5 = h0, h6 = h0, h7 = h0, y = h0;
  auto delta = hn::Set(d, 0.01f);
  const auto u = hn::Set(d, 0.1f), b = hn::Set(d, 0.3f), c = hn::Set(d, 0.4f);
  const auto update = [&](FloatVector& h, float rate) HWY_ATTR {
    const auto decay = Exp2NonPositive(d, hn::Mul(delta, hn::Set(d, rate)));
    h = hn::MulAdd(decay, h, hn::Mul(hn::Add(u, delta), b));
    y = hn::MulAdd(c, h, y);
  };
  for (std::int64_t i = 0; i < updates; i += 8 * LanesOf(d)) {
    delta = hn::Add(delta, hn::Set(d, 1e-6f));
    update(h0, -1.0f), update(h1, -2.0f), update(h2, -3.0f), update(h3, -4.0f);
    update(h4, -5.0f), update(h5, -6.0f), update(h6, -7.0f), update(h7, -8.0f);
  }
  return SumOf(d, y);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(ScanBound);

namespace {

// One sequence, with bias, skip and gate. The values are those of a fresh model: Delta of 0.001 to 0.1, A of -1 to
// -states.
struct Case {
  std::int64_t tokens, channels, states;
  std::int64_t workers = thread_count();
  std::vector<std::int64_t> offsets{0, tokens};
  Tensor x = values(tokens * channels, 1), delta = values(tokens * channels, 2), gate = values(tokens * channels, 3),
         dy = values(tokens * channels, 4), b = values(tokens * states, 5), c = values(tokens * states, 6),
         d = values(channels, 7), delta_bias = values(channels, 8), a_log = values(channels * states, 9);
  Tensor y = x.clone(), dx = x.clone(), ddelta = x.clone(), dgate = x.clone(), db = b.clone(), dc = c.clone(),
         dd = d.clone(), ddelta_bias = d.clone(), da_log = a_log.clone();
  Tensor state = values(channels * states, 10);
  Tensor checkpoints = values(selective_scan_checkpoints(tokens, channels, states), 11);
  Tensor forward_scratch = values(workers * selective_scan_forward_scratch(states), 12);
  Tensor backward_scratch = values(workers * selective_scan_backward_scratch(states), 13);
  Tensor partials = values(selective_scan_partials(tokens, channels, states, 1), 14);

  Case(std::int64_t tokens_, std::int64_t channels_, std::int64_t states_)
      : tokens(tokens_), channels(channels_), states(states_) {
    for (std::int64_t i = 0; i < channels; ++i) delta_bias.mutable_floats()[i] -= 4.5f;
    for (std::int64_t i = 0; i < channels * states; ++i) {
      a_log.mutable_floats()[i] = std::log(1.0f + static_cast<float>(i % states));
    }
  }
  static Tensor values(std::int64_t count, std::uint64_t stream) {
    const Random random(1, stream);
    const Tensor values = Tensor::empty({count});
    for (std::int64_t i = 0; i < count; ++i) values.mutable_floats()[i] = random.uniform(i) - 0.5f;
    return values;
  }
  SelectiveScanArguments<float> inputs() {
    return {.x = x.floats(),
            .delta = delta.floats(),
            .delta_bias = delta_bias.floats(),
            .a_log = a_log.floats(),
            .b = b.floats(),
            .c = c.floats(),
            .d = d.floats(),
            .gate = gate.floats(),
            .state = nullptr,
            .offsets = offsets.data(),
            .sequences = 1,
            .channels = channels,
            .states = states,
            .workers = workers};
  }
  void forward(bool record) {
    selective_scan(Cpu{}, SelectiveScanForward<float>{.inputs = inputs(),
                                                      .y = y.mutable_floats(),
                                                      .final_state = state.mutable_floats(),
                                                      .checkpoints = record ? checkpoints.mutable_floats() : nullptr,
                                                      .scratch = forward_scratch.mutable_floats()});
  }
  void backward() {
    selective_scan(Cpu{}, SelectiveScanBackward<float>{.inputs = inputs(),
                                                       .checkpoints = checkpoints.floats(),
                                                       .dy = dy.floats(),
                                                       .dfinal_state = nullptr,
                                                       .dx = dx.mutable_floats(),
                                                       .ddelta = ddelta.mutable_floats(),
                                                       .db = db.mutable_floats(),
                                                       .dc = dc.mutable_floats(),
                                                       .dgate = dgate.mutable_floats(),
                                                       .dstate = nullptr,
                                                       .ddelta_bias = ddelta_bias.mutable_floats(),
                                                       .da_log = da_log.mutable_floats(),
                                                       .dd = dd.mutable_floats(),
                                                       .partials = partials.mutable_floats(),
                                                       .scratch = backward_scratch.mutable_floats()});
  }
};

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"tokens", "channels", "states"});
  b->Args({2048, 1536, 16})->Args({512, 512, 16})->Args({1, 1536, 16})->Args({512, 1536, 64});
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void set_rate(benchmark::State& state) {
  const double updates = static_cast<double>(state.range(0) * state.range(1) * state.range(2));
  state.counters["updates"] = benchmark::Counter(updates, benchmark::Counter::kIsIterationInvariantRate);
}

void selective_scan_bound(benchmark::State& state) {
  const std::int64_t updates = state.range(0) * state.range(1) * state.range(2), threads = thread_count();
  const auto bound = HWY_DYNAMIC_DISPATCH(ScanBound);
  for (auto _ : state) {
    parallel_tasks(threads, [&](std::int64_t) { benchmark::DoNotOptimize(bound(updates / threads)); });
  }
  set_rate(state);
}

void selective_scan_forward(benchmark::State& state) {
  Case c(state.range(0), state.range(1), state.range(2));
  for (auto _ : state) c.forward(false);
  set_rate(state);
}

void selective_scan_forward_backward(benchmark::State& state) {
  Case c(state.range(0), state.range(1), state.range(2));
  for (auto _ : state) {
    c.forward(true);
    c.backward();
  }
  set_rate(state);
}

BENCHMARK(selective_scan_bound)->Apply(shapes);
BENCHMARK(selective_scan_forward)->Apply(shapes);
BENCHMARK(selective_scan_forward_backward)->Apply(shapes);

}  // namespace
}  // namespace sequent::kernels
#endif  // HWY_ONCE
