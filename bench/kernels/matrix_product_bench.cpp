// The matrix products of a training step of 2048 tokens, forward and both backward forms, and of reading few tokens.
#include "sequent/kernels/matrix_product.h"

#include <benchmark/benchmark.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/simd_target.h"
#include "sequent/tensor/tensor.h"

namespace sequent::kernels {
namespace {

enum Form { kForward, kInputGradient, kWeightGradient };

void report(benchmark::State& state, const MatrixProduct<float>& args) {
  const auto operations = 2.0 * static_cast<double>(args.rows * args.columns * args.inner);
  state.counters["FLOP/s"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
  state.SetLabel(simd_targets().front());
}

// Arguments: threads, tokens, inputs, outputs, form, whether in bfloat16.
void training_product(benchmark::State& state) {
  const int threads = thread_count();
  set_thread_count(static_cast<int>(state.range(0)));
  const std::int64_t tokens = state.range(1), inputs = state.range(2), outputs = state.range(3);
  const Tensor x = Tensor::full({tokens, inputs}, 0.5f), y = Tensor::full({tokens, outputs}, 0.5f);
  const Tensor weight = Tensor::full({outputs, inputs}, 0.5f);
  MatrixProduct<float> args{};
  switch (static_cast<Form>(state.range(4))) {
    case kForward:
      args = {.a = x.floats(),
              .b = weight.floats(),
              .c = y.mutable_floats(),
              .rows = tokens,
              .columns = outputs,
              .inner = inputs,
              .transpose_b = true};
      break;
    case kInputGradient:
      args = {.a = y.floats(),
              .b = weight.floats(),
              .c = x.mutable_floats(),
              .rows = tokens,
              .columns = inputs,
              .inner = outputs};
      break;
    case kWeightGradient:
      args = {.a = y.floats(),
              .b = x.floats(),
              .c = weight.mutable_floats(),
              .rows = outputs,
              .columns = inputs,
              .inner = tokens,
              .transpose_a = true};
      break;
  }
  if (state.range(5) != 0) args.precision = ProductPrecision::bfloat16;
  for (auto _ : state) matrix_product(Cpu{}, args);
  report(state, args);
  set_thread_count(threads);
}

// Arguments: threads, tokens, inputs, outputs.
void decoding_product(benchmark::State& state) {
  const int threads = thread_count();
  set_thread_count(static_cast<int>(state.range(0)));
  const std::int64_t tokens = state.range(1), inputs = state.range(2), outputs = state.range(3);
  const Tensor x = Tensor::full({tokens, inputs}, 0.5f), y = Tensor::full({tokens, outputs}, 0.5f);
  const Tensor weight = Tensor::full({outputs, inputs}, 0.5f);
  const MatrixProduct<float> args{.a = x.floats(),
                                  .b = weight.floats(),
                                  .c = y.mutable_floats(),
                                  .rows = tokens,
                                  .columns = outputs,
                                  .inner = inputs,
                                  .transpose_b = true};
  for (auto _ : state) matrix_product(Cpu{}, args);
  report(state, args);
  state.counters["weight bytes/s"] =
      benchmark::Counter(static_cast<double>(weight.bytes()), benchmark::Counter::kIsIterationInvariantRate);
  set_thread_count(threads);
}

void training_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"threads", "tokens", "inputs", "outputs", "form", "bfloat16"})->UseRealTime()->MinTime(0.05);
  const auto all_forms = [b](int threads, int tokens, int inputs, int outputs) {
    for (const int form : {kForward, kInputGradient, kWeightGradient}) {
      for (const int bfloat16 : {0, 1}) b->Args({threads, tokens, inputs, outputs, form, bfloat16});
    }
  };
  for (const int threads : {1, 2}) {
    for (const auto& [inputs, outputs] :
         {std::pair{256, 256}, {256, 1024}, {1024, 256}, {256, 512}, {512, 256}, {48, 512}, {256, 8}, {256, 257}}) {
      all_forms(threads, 2048, inputs, outputs);
    }
    // A predictor of video: the tokens of four clips with one kind of mask.
    for (const auto& [inputs, outputs] : {std::pair{384, 384}, {384, 1152}, {384, 1536}, {1536, 384}}) {
      all_forms(threads, 416, inputs, outputs);
    }
    // The tokens of one expert.
    for (const int tokens : {32, 256}) all_forms(threads, tokens, 256, 1024);
  }
}

void decoding_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"threads", "tokens", "inputs", "outputs"})->UseRealTime()->MinTime(0.05);
  for (const int threads : {1, 2}) {
    for (const int tokens : {1, 2, 4, 8, 16, 64}) {
      for (const auto& [inputs, outputs] : {std::pair{256, 1024}, {768, 3072}, {2048, 8192}}) {
        b->Args({threads, tokens, inputs, outputs});
      }
    }
  }
}

BENCHMARK(training_product)->Apply(training_shapes);
BENCHMARK(decoding_product)->Apply(decoding_shapes);

}  // namespace
}  // namespace sequent::kernels
