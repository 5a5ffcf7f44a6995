// Attention as multiply-adds per second, counting only the scores that the causal mask leaves; set the sgemm rate of
// the machine beside it. Forward is 2 products of that size, backward 5.
#include "sequent/kernels/attention.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "sequent/base/random.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/rotary.h"
#include "sequent/tensor/tensor.h"

namespace sequent::kernels {
namespace {

Tensor random_tensor(const Shape& shape, std::uint64_t stream) {
  const Random random(1, stream);
  const Tensor tensor = Tensor::empty(shape);
  for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_floats()[i] = random.normal(i);
  return tensor;
}

// Sequences of as many queries as keys, or of one query after all the keys but one.
struct Case {
  std::int64_t batch, queries, keys, heads, width;
  Tensor q = random_tensor({batch * queries, heads* width}, 1);
  Tensor k = random_tensor({batch * keys, heads* width}, 2);
  Tensor v = random_tensor({batch * keys, heads* width}, 3);
  Tensor dy = random_tensor({batch * queries, heads* width}, 4);
  Tensor y = Tensor::empty(q.shape()), log_sum_exp = Tensor::empty({batch * queries, heads});
  Tensor dq = Tensor::empty(q.shape()), dk = Tensor::empty(k.shape()), dv = Tensor::empty(v.shape());
  Tensor first_task = Tensor::empty({batch + 1}, DType::i64);
  std::vector<AttentionSequence<float>> sequences;

  Case(std::int64_t batch_, std::int64_t queries_, std::int64_t keys_, std::int64_t heads_, std::int64_t width_)
      : batch(batch_), queries(queries_), keys(keys_), heads(heads_), width(width_) {
    for (std::int64_t i = 0; i < batch; ++i) {
      const std::int64_t at = i * keys * heads * width;
      sequences.push_back({i * queries, queries, k.floats() + at, v.floats() + at, keys, i * keys});
    }
  }
  AttentionForward<float> forward() const {
    return {.q = q.floats(),
            .y = y.mutable_floats(),
            .log_sum_exp = log_sum_exp.mutable_floats(),
            .sequences = sequences.data(),
            .sequence_count = batch,
            .heads = heads,
            .key_value_heads = heads,
            .width = width,
            .scale = 0.125f,
            .causal = true,
            .workers = thread_count(),
            .first_task = first_task.mutable_data<std::int64_t>(),
            .scratch = nullptr};
  }
  AttentionBackward<float> backward() const {
    return {.q = q.floats(),
            .y = y.floats(),
            .log_sum_exp = log_sum_exp.floats(),
            .dy = dy.floats(),
            .dq = dq.mutable_floats(),
            .dk = dk.mutable_floats(),
            .dv = dv.mutable_floats(),
            .sequences = sequences.data(),
            .sequence_count = batch,
            .heads = heads,
            .key_value_heads = heads,
            .width = width,
            .scale = 0.125f,
            .causal = true,
            .workers = thread_count(),
            .first_task = first_task.mutable_data<std::int64_t>(),
            .scratch = nullptr};
  }
  // Visible pairs of query and key, times the multiplications and additions of one product.
  double product() const {
    const double seen = static_cast<double>(queries) * static_cast<double>(keys) -
                        static_cast<double>(queries) * static_cast<double>(queries - 1) / 2;
    return 2.0 * static_cast<double>(batch * heads * width) * seen;
  }
};

template <class Args>
void measure(benchmark::State& state, Args args, double operations) {
  const Tensor scratch = Tensor::empty({attention_scratch(args)});
  args.scratch = scratch.mutable_floats();
  for (auto _ : state) attention(Cpu{}, args);
  state.counters["flops"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
}

void AttentionForwardBench(benchmark::State& state) {
  const Case c(state.range(0), state.range(1), state.range(1), state.range(2), state.range(3));
  measure(state, c.forward(), 2 * c.product());
}

void AttentionBackwardBench(benchmark::State& state) {
  const Case c(state.range(0), state.range(1), state.range(1), state.range(2), state.range(3));
  AttentionForward<float> forward = c.forward();
  const Tensor scratch = Tensor::empty({attention_scratch(forward)});
  forward.scratch = scratch.mutable_floats();
  attention(Cpu{}, forward);
  measure(state, c.backward(), 5 * c.product());
}

// One new token per sequence: bound by reading the keys and values.
void AttentionDecode(benchmark::State& state) {
  const Case c(state.range(0), 1, state.range(1), state.range(2), state.range(3));
  measure(state, c.forward(), 2 * c.product());
  state.counters["bytes"] =
      benchmark::Counter(static_cast<double>(c.k.bytes() + c.v.bytes()), benchmark::Counter::kIsIterationInvariantRate);
}

void RotaryBench(benchmark::State& state) {
  const std::int64_t tokens = state.range(0), heads = state.range(1), width = state.range(2);
  const Tensor x = random_tensor({tokens, heads * width}, 1), y = Tensor::empty(x.shape());
  const std::vector<double> frequencies(static_cast<std::size_t>(width / 2), 0.1);
  std::vector<std::int64_t> positions(static_cast<std::size_t>(tokens));
  for (std::size_t t = 0; t < positions.size(); ++t) positions[t] = static_cast<std::int64_t>(t);
  for (auto _ : state) {
    rotary(Cpu{}, {.x = x.floats(),
                   .y = y.mutable_floats(),
                   .positions = positions.data(),
                   .frequencies = frequencies.data(),
                   .tokens = tokens,
                   .heads = heads,
                   .width = width,
                   .direction = 1});
  }
  state.counters["bytes"] =
      benchmark::Counter(static_cast<double>(2 * x.bytes()), benchmark::Counter::kIsIterationInvariantRate);
}

void training_cases(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "length", "heads", "width"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const auto& args : std::vector<std::vector<std::int64_t>>{
           {4, 512, 4, 64}, {12, 64, 4, 32}, {128, 16, 4, 32}, {1, 2048, 1, 128}, {1, 8192, 4, 64}}) {
    benchmark->Args(args);
  }
}

BENCHMARK(AttentionForwardBench)->Apply(training_cases)->Name("attention_forward");
BENCHMARK(AttentionBackwardBench)->Apply(training_cases)->Name("attention_backward");
BENCHMARK(AttentionDecode)
    ->ArgNames({"batch", "keys", "heads", "width"})
    ->Args({1, 128, 4, 32})
    ->Args({1, 2048, 4, 64})
    ->Args({1, 65536, 4, 64})
    ->Args({32, 2048, 4, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->Name("attention_decode");
BENCHMARK(RotaryBench)->Args({2048, 4, 64})->UseRealTime()->Unit(benchmark::kMicrosecond)->Name("rotary");

}  // namespace
}  // namespace sequent::kernels
