#include "sequent/kernels/selective_scan.h"

#include "sequent/kernels/cpu/selective_scan_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/selective_scan.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/selective_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Scratch of one worker. Rows are kSelectiveScanChannels wide, one per token.
struct ForwardScratch {
  float* rates;  // [vector][state][lane]
  float* h;      // [vector][state][lane]
  float* delta;  // after softplus
  float* u;      // Delta x
  float* skip;   // d x
  float* silu;   // of the gate

  ForwardScratch(float* memory, std::int64_t states)
      : rates(memory),
        h(rates + kSelectiveScanChannels * states),
        delta(h + kSelectiveScanChannels * states),
        u(delta + kSelectiveScanChannels * kSelectiveScanRows),
        skip(u + kSelectiveScanChannels * kSelectiveScanRows),
        silu(skip + kSelectiveScanChannels * kSelectiveScanRows) {}
};

// Tokens worked on at a time, and the end of the sequence.
struct ForwardRows {
  std::int64_t begin, end, last;
};

// What depends on the token and the channel only.
void ForwardPrepare(const SelectiveScanArguments<float>& in, const ScanBlock& block, const ForwardRows& rows,
                    const ForwardScratch& scratch) {
  const FloatTag d;
  for (std::int64_t t = rows.begin; t < rows.end; ++t) {
    const std::int64_t row = t * in.channels + block.first, at = (t - rows.begin) * kSelectiveScanChannels;
    ForEachVector(d, block.width, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto argument =
          hn::Add(LoadUpTo(d, in.delta + row + i, count), LoadUpTo(d, in.delta_bias + block.first + i, count));
      const auto delta = SoftplusFrom(d, argument, ExpOfMinusAbs(d, argument));
      const auto x = LoadUpTo(d, in.x + row + i, count);
      hn::StoreU(delta, d, scratch.delta + at + i);
      hn::StoreU(hn::Mul(delta, x), d, scratch.u + at + i);
      hn::StoreU(hn::Mul(LoadUpTo(d, in.d + block.first + i, count), x), d, scratch.skip + at + i);
      if (!in.gate) return;
      const auto gate = LoadUpTo(d, in.gate + row + i, count);
      hn::StoreU(hn::Mul(gate, ScanSigmoid(d, gate)), d, scratch.silu + at + i);
    });
  }
}

// Asks for what the next ForwardPrepare reads, while the recurrence has nothing to wait for.
HWY_INLINE void ForwardPrefetch(const SelectiveScanArguments<float>& in, std::int64_t at) {
  PrefetchToRead(in.x + at);
  PrefetchToRead(in.delta + at);
  if (in.gate) PrefetchToRead(in.gate + at);
}

template <int kStates>
void ForwardSteps(const SelectiveScanForward<float>& args, const ScanBlock& block, const ForwardRows& rows,
                  const ForwardScratch& scratch) {
  const FloatTag d;
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t n = in.states;
  for (std::int64_t v = 0; v < block.vectors; ++v) {
    const float* rates = scratch.rates + v * n * block.lanes;
    float* h = scratch.h + v * n * block.lanes;
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const std::int64_t at = (t - rows.begin) * kSelectiveScanChannels + v * block.lanes;
      const std::int64_t to = t * in.channels + block.first + v * block.lanes;
      if (t + kSelectiveScanRows < rows.last) ForwardPrefetch(in, to + kSelectiveScanRows * in.channels);
      auto y = ScanToken<false, kStates>(d, hn::LoadU(d, scratch.delta + at), hn::LoadU(d, scratch.u + at), rates,
                                         in.b + t * n, in.c + t * n, h, h, nullptr, n);
      y = hn::Add(y, hn::LoadU(d, scratch.skip + at));
      if (in.gate) y = hn::Mul(y, hn::LoadU(d, scratch.silu + at));
      StoreUpTo(d, y, args.y + to, block.left(v));
    }
  }
}

void StoreCheckpoint(const SelectiveScanForward<float>& args, const ScanBlock& block, std::int64_t t, const float* h) {
  const FloatTag d;
  const std::int64_t channels = args.inputs.channels;
  float* to = CheckpointAt(args.checkpoints, t, channels, block.states) + block.first;
  for (std::int64_t v = 0; v < block.vectors; ++v) {
    for (std::int64_t s = 0; s < block.states; ++s) {
      StoreUpTo(d, hn::LoadU(d, h + (v * block.states + s) * block.lanes), to + s * channels + v * block.lanes,
                block.left(v));
    }
  }
}

// Exp2NonPositive may lose a NaN in a_log; in the state it stays.
void KeepNaN(const ScanBlock& block, const ForwardScratch& scratch) {
  const FloatTag d;
  for (std::int64_t i = 0; i < block.elements(); i += block.lanes) {
    const auto rate = hn::LoadU(d, scratch.rates + i), h = hn::LoadU(d, scratch.h + i);
    hn::StoreU(hn::IfThenElse(hn::IsNaN(rate), rate, h), d, scratch.h + i);
  }
}

// One sequence, one block of channels.
void ForwardSequence(const SelectiveScanForward<float>& args, const ScanBlock& block, std::int64_t sequence,
                     const ForwardScratch& scratch) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t state = sequence * in.channels * in.states;
  LoadStates(block, in.state ? in.state + state : nullptr, scratch.h);
  KeepNaN(block, scratch);
  const std::int64_t first = in.offsets[sequence], last = in.offsets[sequence + 1];
  for (std::int64_t begin = first; begin < last; begin += kSelectiveScanRows) {
    const ForwardRows rows{begin, std::min(begin + kSelectiveScanRows, last), last};
    if (args.checkpoints && begin > first && (begin - first) % kSelectiveScanChunk == 0) {
      StoreCheckpoint(args, block, begin, scratch.h);
    }
    ForwardPrepare(in, block, rows, scratch);
    in.states == 16 ? ForwardSteps<16>(args, block, rows, scratch) : ForwardSteps<0>(args, block, rows, scratch);
  }
  if (args.final_state) StoreStates(block, scratch.h, args.final_state + state);
}

// One group of sequences, one block of channels.
void SelectiveScanForwardTask(const SelectiveScanForward<float>& args, std::int64_t task, float* memory) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t groups = selective_scan_forward_groups(in.tokens(), in.sequences), group = task % groups;
  const ScanBlock block(task / groups, kSelectiveScanChannels, in.channels, in.states);
  const ForwardScratch scratch(memory, in.states);
  LoadDecayRates(block, in.a_log, scratch.rates);
  for (std::int64_t i = in.sequences * group / groups; i < in.sequences * (group + 1) / groups; ++i) {
    ForwardSequence(args, block, i, scratch);
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(SelectiveScanForwardTask);

void selective_scan(Cpu, const SelectiveScanForward<float>& args) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const auto scan = HWY_DYNAMIC_DISPATCH(SelectiveScanForwardTask);
  for_each_scan_task(selective_scan_forward_tasks(in.tokens(), in.channels, in.sequences), in.workers,
                     in.tokens() * in.channels * in.states, [&](std::int64_t task, std::int64_t worker) {
                       scan(args, task, args.scratch + worker * selective_scan_forward_scratch(in.states));
                     });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
