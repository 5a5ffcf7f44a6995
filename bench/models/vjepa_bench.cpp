// V-JEPA beside its published code (bench/peers/vjepa.py): a training step, and an encoder alone. The sets of tokens
// have the sizes that the published masks had there for one draw; which tokens they are makes no difference.
#include <benchmark/benchmark.h>

#include <numeric>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/random.h"
#include "sequent/models/vjepa.h"
#include "sequent/tensor/memory.h"
#include "sequent/train/optimizer.h"

namespace sequent {
namespace {

Tensor random_clips(std::int64_t count, std::int64_t frames, std::int64_t size) {
  const Tensor clips = Tensor::empty({count, 3, frames, size, size});
  initialize::normal(1.0f)(clips, Random(1, 2));
  return clips;
}

ProductPrecision precision_of(std::int64_t bfloat16) {
  return bfloat16 != 0 ? ProductPrecision::bfloat16 : ProductPrecision::float32;
}

// The first tokens of a clip are the context, those after them the target.
MaskPair pair_of(std::int64_t clips, std::int64_t context, std::int64_t target) {
  const auto sets = [&](std::int64_t first, std::int64_t count) {
    TokenSets one = {.ids = std::vector<std::int32_t>(static_cast<std::size_t>(count)),
                     .segments = Segments::single(count)};
    std::iota(one.ids.begin(), one.ids.end(), static_cast<std::int32_t>(first));
    return TokenSets::concat(std::vector<TokenSets>(static_cast<std::size_t>(clips), one));
  };
  return {.context = sets(0, context), .target = sets(context, target)};
}

// range(0): frames, (1): size, (2..5): context and target of the short-range and the long-range masks, (6): layers and
// (7): width of the predictor, (8): whether in bfloat16.
void VJepaStep(benchmark::State& state) {
  constexpr std::int64_t kClips = 4;
  VJepaConfig config = vjepa_of_size("tiny");
  config.encoder.frames = state.range(0);
  config.encoder.image_size = state.range(1);
  config.predictor.blocks.layers = state.range(6);
  config.predictor.blocks.width = state.range(7);
  config.predictor.blocks.hidden_width = 4 * state.range(7);
  const auto source = fresh_parameters(1);
  VJepa model(config, *source);
  model.reset_target();
  model.parameters().flatten();
  AdamW adamw(model.parameters(), {.beta2 = 0.999f, .weight_decay = 0.04f});
  const Tensor clips = random_clips(kClips, state.range(0), state.range(1));
  const std::vector<MaskPair> masks = {pair_of(kClips, state.range(2), state.range(3)),
                                       pair_of(kClips, state.range(4), state.range(5))};
  const ProductPrecisionScope scope(precision_of(state.range(8)));
  const auto step = [&] {
    model.parameters().clear_gradients();
    Tape tape;
    tape.backward(model.step(clips, masks).loss);
    adamw.step(1e-4f);
    model.update_target(0.998f);
  };
  step();  // the first takes fresh memory from the system
  for (auto _ : state) step();
  state.SetItemsProcessed(state.iterations() * kClips);
  state.counters["peak_MiB"] = static_cast<double>(memory::peak_bytes()) / (1 << 20);
}
BENCHMARK(VJepaStep)
    ->Apply([](auto* b) {
      for (const int bfloat16 : {0, 1}) {
        for (const auto& [layers, width] : {std::pair{12, 384}, {6, 96}}) {
          b->Args({16, 64, 24, 80, 32, 96, layers, width, bfloat16});
          b->Args({8, 224, 164, 452, 108, 572, layers, width, bfloat16});
        }
      }
    }) -> UseRealTime() -> MeasureProcessCPUTime() -> Unit(benchmark::kMillisecond);

// One clip of 16 frames of 224 by 224 through the large encoder; range(0): whether in bfloat16.
void VJepaLargeEncoder(benchmark::State& state) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const VisionTransformer encoder(vjepa_of_size("large").encoder, "encoder", ParameterScope(parameters));
  const Tensor clips = random_clips(1, 16, 224);
  const ProductPrecisionScope scope(precision_of(state.range(0)));
  const auto forward = [&] { benchmark::DoNotOptimize(encoder.forward(clips).value().floats()); };
  forward();  // the first takes fresh memory from the system
  for (auto _ : state) forward();
  state.counters["peak_MiB"] = static_cast<double>(memory::peak_bytes()) / (1 << 20);
}
BENCHMARK(VJepaLargeEncoder)->Arg(0)->Arg(1)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sequent
