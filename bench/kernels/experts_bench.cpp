// A mixture of experts beside a dense layer of the same active size, forward and backward over 2048 tokens: with the
// number of experts only the weights to read and the gradients to clear should grow.
#include "sequent/kernels/experts.h"

#include <benchmark/benchmark.h>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/threads.h"
#include "sequent/nn/channel_mixer.h"

namespace sequent {
namespace {

Tensor random_tensor(const Shape& shape, const char* name) {
  const Tensor tensor = Tensor::empty(shape);
  initialize::normal(1.0f)(tensor, Random(1, Random::stream_of(name)));
  return tensor;
}

class Layer {
 public:
  // No experts: the dense layer of the same active size.
  Layer(std::int64_t width, std::int64_t hidden, std::int64_t experts, std::int64_t experts_per_token, bool gated)
      : parameters_(*source_) {
    ChannelMixerConfig config = {.hidden_width = hidden, .activation = gated ? Activation::silu : Activation::relu};
    config.mixture = {.experts = experts, .experts_per_token = experts_per_token, .gated = gated, .renormalise = false};
    if (experts == 0) config.hidden_width *= experts_per_token;
    const char* name = experts > 0 ? "moe" : gated ? "glu" : "mlp";
    mixer_ = channel_mixer(name).make(config, width, ParameterScope(parameters_));
    parameters_.flatten();
  }

  void forward(const Tensor& x) const { benchmark::DoNotOptimize(mixer_->forward(x).value().raw()); }

  void forward_and_backward(const Tensor& x, const Tensor& dy) const {
    parameters_.clear_gradients();
    const Var input = Var::parameter(x);
    Tape tape;
    tape.backward(mixer_->forward(input), dy);
    benchmark::DoNotOptimize(input.gradient().raw());
  }

 private:
  std::unique_ptr<ParameterSource> source_ = fresh_parameters(1);
  Parameters parameters_;
  std::unique_ptr<ChannelMixer> mixer_;
};

// Arguments: threads, tokens, experts (0: dense), experts per token, gated, whether in bfloat16.
void run(benchmark::State& state, std::int64_t width, std::int64_t hidden, bool backward) {
  const int threads = thread_count();
  set_thread_count(static_cast<int>(state.range(0)));
  const std::int64_t tokens = state.range(1);
  const Layer layer(width, hidden, state.range(2), state.range(3), state.range(4) != 0);
  const Tensor x = random_tensor({tokens, width}, "x"), dy = random_tensor({tokens, width}, "dy");
  const ProductPrecisionScope scope(state.range(5) != 0 ? ProductPrecision::bfloat16 : ProductPrecision::float32);
  for (auto _ : state) {
    if (backward) {
      layer.forward_and_backward(x, dy);
    } else {
      layer.forward(x);
    }
  }
  const double matrices = state.range(4) != 0 ? 3 : 2, passes = backward ? 3 : 1;
  state.counters["FLOP/s"] =
      benchmark::Counter(2 * matrices * passes * static_cast<double>(tokens * width * hidden * state.range(3)),
                         benchmark::Counter::kIsIterationInvariantRate);
  set_thread_count(threads);
}

void experts_backward(benchmark::State& state) {
  run(state, 256, 1024, true);
}

void experts_forward(benchmark::State& state) {
  run(state, 256, 1024, false);
}

void expert_counts(benchmark::internal::Benchmark* b, std::initializer_list<int> token_counts) {
  b->ArgNames({"threads", "tokens", "experts", "chosen", "gated", "bfloat16"})->UseRealTime()->MinTime(0.2);
  for (const int threads : {1, 2}) {
    for (const int tokens : token_counts) {
      for (const int experts : {0, 4, 8, 16, 32, 64}) b->Args({threads, tokens, experts, 1, 0, 0});
      for (const int experts : {0, 8, 64}) {
        b->Args({threads, tokens, experts, 2, 1, 0});
        b->Args({threads, tokens, experts, 1, 0, 1});
      }
    }
  }
}

BENCHMARK(experts_backward)->Apply([](auto* b) { expert_counts(b, {2048, 16384}); });
// One token is a step of decoding.
BENCHMARK(experts_forward)->Apply([](auto* b) { expert_counts(b, {1, 2048}); });

}  // namespace
}  // namespace sequent
