// The state-space duality beside its bound on this machine: as many multiply-adds, from registers alone, on as many
// threads.
#include "sequent/kernels/state_space_duality.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "sequent/base/random.h"
#include "sequent/base/threads.h"
#include "sequent/tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels/state_space_duality_bench.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// About `operations` operations, a multiply-add being two.
float DualityBound(double operations) {
  const FloatTag d;
  constexpr int kSums = 10;  // enough to hide the latency of a multiply-add
  FloatVector sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = hn::Zero(d);
  const auto a = hn::Set(d, 0.5f), b = hn::Set(d, 0.25f);
  const auto steps = static_cast<std::int64_t>(operations / (2.0 * kSums * static_cast<double>(LanesOf(d))));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (int i = 0; i < kSums; ++i) sums[i] = hn::MulAdd(sums[i], a, b);
  }
  float sum = 0;
  for (int i = 0; i < kSums; ++i) sum += SumOf(d, sums[i]);
  return sum;
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(DualityBound);

namespace {

// One sequence of a fresh Mamba-2: steps of 0.001 to 0.1, rates of -1 to -16. Retention has no steps.
struct Case {
  std::int64_t tokens, heads, groups, width, states;
  bool retention;
  std::vector<std::int64_t> offsets{0, tokens};
  Tensor x = values(tokens * heads * width, 1), dy = values(tokens * heads * width, 2);
  Tensor b = values(tokens * groups * states, 3), c = values(tokens * groups * states, 4);
  Tensor delta = values(tokens * heads, 5), rate = values(heads, 6), skip = values(heads, 7);
  Tensor state = values(heads * states * width, 8), final_state = state.clone();
  Tensor y = x.clone(), dx = x.clone(), db = b.clone(), dc = c.clone(), ddelta = delta.clone(), drate = rate.clone(),
         dskip = skip.clone();
  Tensor checkpoints = values(state_space_duality_checkpoints(inputs()), 9);
  Tensor forward_scratch = values(thread_count() * state_space_duality_forward_scratch(inputs()), 10);
  Tensor backward_scratch = values(thread_count() * state_space_duality_backward_scratch(inputs()), 11);
  Tensor partials = values(state_space_duality_partials(inputs()), 12);

  explicit Case(const benchmark::State& state_)
      : tokens(state_.range(0)),
        heads(state_.range(1)),
        groups(state_.range(2)),
        width(state_.range(3)),
        states(state_.range(4)),
        retention(groups == heads) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const double part = static_cast<double>(h) / static_cast<double>(heads);
      rate.mutable_floats()[h] = static_cast<float>(retention ? std::log1p(-std::exp2(-5 - 4 * part)) : -1 - 15 * part);
    }
    for (std::int64_t i = 0; i < tokens * heads; ++i) {
      delta.mutable_floats()[i] = std::exp(-4.6f + 4.6f * delta.floats()[i]);
    }
  }
  static Tensor values(std::int64_t count, std::uint64_t stream) {
    const Random random(1, stream);
    const Tensor values = Tensor::empty({count});
    for (std::int64_t i = 0; i < count; ++i) {
      values.mutable_floats()[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)) - 0.5);
    }
    return values;
  }
  StateSpaceDualityArguments<float> inputs() {
    return {.x = x.floats(),
            .b = b.floats(),
            .c = c.floats(),
            .delta = retention ? nullptr : delta.floats(),
            .rate = rate.floats(),
            .skip = retention ? nullptr : skip.floats(),
            .state = state.floats(),
            .offsets = offsets.data(),
            .sequences = 1,
            .heads = heads,
            .groups = groups,
            .width = width,
            .states = states,
            .skip_per_channel = false,
            .workers = thread_count()};
  }
  void forward(bool record) {
    state_space_duality(Cpu{},
                        StateSpaceDualityForward<float>{.inputs = inputs(),
                                                        .y = y.mutable_floats(),
                                                        .final_state = final_state.mutable_floats(),
                                                        .checkpoints = record ? checkpoints.mutable_floats() : nullptr,
                                                        .scratch = forward_scratch.mutable_floats()});
  }
  void backward() {
    state_space_duality(Cpu{}, StateSpaceDualityBackward<float>{.inputs = inputs(),
                                                                .checkpoints = checkpoints.floats(),
                                                                .dy = dy.floats(),
                                                                .dfinal_state = nullptr,
                                                                .dx = dx.mutable_floats(),
                                                                .db = db.mutable_floats(),
                                                                .dc = dc.mutable_floats(),
                                                                .ddelta = retention ? nullptr : ddelta.mutable_floats(),
                                                                .dstate = nullptr,
                                                                .drate = retention ? nullptr : drate.mutable_floats(),
                                                                .dskip = retention ? nullptr : dskip.mutable_floats(),
                                                                .partials = partials.mutable_floats(),
                                                                .scratch = backward_scratch.mutable_floats()});
  }
  // Of the forward pass, with the causal half of the products inside a chunk.
  double operations() const {
    const double t = static_cast<double>(tokens),
                 chunk = static_cast<double>(std::min(tokens, kStateSpaceDualityChunk));
    const double in_chunk = t * chunk * static_cast<double>(groups * states + heads * width);
    return in_chunk + 4 * t * static_cast<double>(heads * states * width);
  }
  // Read once and written once by a token of decoding.
  double state_bytes() const { return 8.0 * static_cast<double>(heads * states * width); }
};

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"tokens", "heads", "groups", "width", "states"});
  b->Args({2048, 24, 1, 64, 128})->Args({512, 8, 1, 64, 128})->Args({512, 16, 1, 64, 16})->Args({512, 24, 1, 64, 64});
  b->Args({2048, 4, 4, 128, 64})->Args({2048, 4, 4, 256, 256});
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void set_rate(benchmark::State& state, double operations) {
  state.counters["FLOP"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
}

void state_space_duality_bound(benchmark::State& state) {
  const double operations = Case(state).operations();
  const std::int64_t threads = thread_count();
  const auto bound = HWY_DYNAMIC_DISPATCH(DualityBound);
  for (auto _ : state) {
    parallel_tasks(threads,
                   [&](std::int64_t) { benchmark::DoNotOptimize(bound(operations / static_cast<double>(threads))); });
  }
  set_rate(state, operations);
}

void state_space_duality_forward(benchmark::State& state) {
  Case c(state);
  for (auto _ : state) c.forward(false);
  set_rate(state, c.operations());
}

// The backward pass takes twice the operations of the forward pass.
void state_space_duality_forward_backward(benchmark::State& state) {
  Case c(state);
  for (auto _ : state) {
    c.forward(true);
    c.backward();
  }
  set_rate(state, 3 * c.operations());
}

void state_space_duality_decode(benchmark::State& state) {
  Case c(state);
  for (auto _ : state) {
    c.forward(false);
    std::swap(c.state, c.final_state);
  }
  state.counters["bytes"] = benchmark::Counter(c.state_bytes(), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(state_space_duality_bound)->Apply(shapes);
BENCHMARK(state_space_duality_forward)->Apply(shapes);
BENCHMARK(state_space_duality_forward_backward)->Apply(shapes);
BENCHMARK(state_space_duality_decode)
    ->ArgNames({"tokens", "heads", "groups", "width", "states"})
    ->Args({1, 24, 1, 64, 128})
    ->Args({1, 4, 4, 128, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sequent::kernels
#endif  // HWY_ONCE
