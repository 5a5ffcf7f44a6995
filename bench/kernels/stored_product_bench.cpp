// A step of decoding, and of several sequences at once, with weights of every stored type. What it can reach is the
// bandwidth of memory: compare the bytes per second of the types.
#include "sequent/kernels/stored_product.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "sequent/base/threads.h"
#include "sequent/tensor/tensor.h"

namespace sequent::kernels {
namespace {

// Arguments: type, threads, rows. The weight is larger than any cache; no time depends on its values.
void stored_product(benchmark::State& state) {
  constexpr std::int64_t kInner = 8192, kColumns = 8192;
  const auto type = static_cast<DType>(state.range(0));
  const int threads = thread_count();
  set_thread_count(static_cast<int>(state.range(1)));
  const std::int64_t rows = state.range(2);
  const std::vector<std::byte> weight(
      static_cast<std::size_t>(kInner * kColumns / block_of(type).elements * block_of(type).bytes));
  const Tensor x = Tensor::full({rows, kInner}, 0.5f), y = Tensor::full({rows, kColumns}, 0.0f);
  const Tensor scratch = Tensor::full({stored_product_scratch(type, rows, kInner) + 1}, 0.0f);
  const StoredProduct args{.a = x.floats(),
                           .type = type,
                           .w = weight.data(),
                           .c = y.mutable_floats(),
                           .rows = rows,
                           .columns = kColumns,
                           .inner = kInner,
                           .scratch = scratch.mutable_floats()};
  for (auto _ : state) stored_product(Cpu{}, args);
  state.SetLabel(std::string(name_of(type)));
  state.counters["weight bytes/s"] =
      benchmark::Counter(static_cast<double>(weight.size()), benchmark::Counter::kIsIterationInvariantRate);
  set_thread_count(threads);
}

void types(benchmark::internal::Benchmark* b) {
  b->ArgNames({"type", "threads", "rows"})->UseRealTime()->MinTime(0.3)->Unit(benchmark::kMillisecond);
  for (const int rows : {1, 4}) {
    for (const int threads : {1, 2}) {
      for (const DType type :
           {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k}) {
        b->Args({static_cast<int>(type), threads, rows});
      }
    }
  }
}

BENCHMARK(stored_product)->Apply(types);

}  // namespace
}  // namespace sequent::kernels
