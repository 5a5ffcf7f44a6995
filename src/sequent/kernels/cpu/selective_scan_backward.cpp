#include "sequent/kernels/cpu/selective_scan_tasks.h"
#include "sequent/kernels/selective_scan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/selective_scan_backward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/selective_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Scratch of one worker. What spans the piece of channels is [vector][state][lane]; the rest serves one chunk.
struct BackwardScratch {
  // Of the piece.
  float* rates;  // A log2(e)
  float* dh;     // gradient of the state, carried from chunk to chunk
  float* da;     // sum of Delta dh decay h
  float* dd;     // [channel]
  float* dbias;  // [channel]
  // Of the chunk, summed over the vectors of the piece: [token][state][lane].
  float* db;
  float* dc;
  // Of the chunk and one vector.
  float* h;       // [1 + token][state][lane], the state before the chunk first
  float* decays;  // [token][state][lane]
  // [token][lane]
  float* delta;  // after softplus
  float* x;
  float* z;      // dy silu(gate)
  float* slope;  // derivative of softplus
  float* dgate;  // dy times the derivative of silu

  BackwardScratch(float* memory, std::int64_t states) {
    const auto take = [&memory](std::int64_t count) {
      float* taken = memory;
      memory += count;
      return taken;
    };
    const std::int64_t piece = selective_scan_piece(states), row = kSelectiveScanChunk * kSelectiveScanLanes;
    for (float** of_states : {&rates, &dh, &da}) *of_states = take(piece * states);
    for (float** of_channels : {&dd, &dbias}) *of_channels = take(piece);
    for (float** of_chunk : {&db, &dc, &decays}) *of_chunk = take(row * states);
    h = take((kSelectiveScanChunk + 1) * kSelectiveScanLanes * states);
    for (float** rows : {&delta, &x, &z, &slope, &dgate}) *rows = take(row);
  }
};

// One vector of one chunk.
struct ScanPlace {
  std::int64_t begin, end;  // packed tokens
  std::int64_t channel;     // the first of the vector
  std::int64_t count;       // channels left from there on
  std::int64_t vector;      // in the piece
};

// What depends on the token and the channel only.
void BackwardPrepare(const SelectiveScanBackward<float>& args, const ScanPlace& place, const BackwardScratch& scratch) {
  const FloatTag d;
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t lanes = LanesOf(d);
  const auto bias = LoadUpTo(d, in.delta_bias + place.channel, place.count);
  for (std::int64_t t = place.begin; t < place.end; ++t) {
    const std::int64_t from = t * in.channels + place.channel, to = (t - place.begin) * lanes;
    const auto argument = hn::Add(LoadUpTo(d, in.delta + from, place.count), bias);
    const auto w = ExpOfMinusAbs(d, argument);
    hn::StoreU(SoftplusFrom(d, argument, w), d, scratch.delta + to);
    hn::StoreU(SigmoidFrom(d, argument, w), d, scratch.slope + to);
    hn::StoreU(LoadUpTo(d, in.x + from, place.count), d, scratch.x + to);
    const auto dy = LoadUpTo(d, args.dy + from, place.count);
    if (in.gate) {
      const auto gate = LoadUpTo(d, in.gate + from, place.count);
      const auto open = ScanSigmoid(d, gate);
      const auto silu = hn::Mul(gate, open);
      hn::StoreU(hn::Mul(dy, silu), d, scratch.z + to);
      hn::StoreU(hn::Mul(dy, hn::Add(open, hn::NegMulAdd(silu, open, silu))), d, scratch.dgate + to);
    } else {
      hn::StoreU(dy, d, scratch.z + to);
    }
  }
}

// Asks for what BackwardWalk will write, and for what BackwardPrepare will read of the chunk before.
HWY_INLINE void BackwardPrefetch(const SelectiveScanBackward<float>& args, std::int64_t at) {
  const SelectiveScanArguments<float>& in = args.inputs;
  PrefetchToWrite(args.dx + at);
  PrefetchToWrite(args.ddelta + at);
  const std::int64_t before = at - kSelectiveScanChunk * in.channels;
  if (before < 0) return;
  PrefetchToRead(in.x + before);
  PrefetchToRead(in.delta + before);
  PrefetchToRead(args.dy + before);
  if (in.gate) PrefetchToRead(in.gate + before);
}

// The states of the chunk again, from the state before it, and the gradient of the gate on the way.
template <int kStates>
void BackwardRecompute(const SelectiveScanBackward<float>& args, const ScanPlace& place,
                       const BackwardScratch& scratch) {
  const FloatTag d;
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t lanes = LanesOf(d), n = in.states, size = n * lanes;
  const auto skip = LoadUpTo(d, in.d + place.channel, place.count);
  for (std::int64_t t = place.begin; t < place.end; ++t) {
    const std::int64_t i = t - place.begin, to = t * in.channels + place.channel;
    BackwardPrefetch(args, to);
    const auto delta = hn::LoadU(d, scratch.delta + i * lanes), x = hn::LoadU(d, scratch.x + i * lanes);
    const auto y = ScanToken<true, kStates>(d, delta, hn::Mul(delta, x), scratch.rates + place.vector * size,
                                            in.b + t * n, in.c + t * n, scratch.h + i * size,
                                            scratch.h + (i + 1) * size, scratch.decays + i * size, n);
    if (in.gate) {
      StoreUpTo(d, hn::Mul(hn::LoadU(d, scratch.dgate + i * lanes), hn::MulAdd(skip, x, y)), args.dgate + to,
                place.count);
    }
  }
}

// The chunk backwards. The formulas are those of reference/selective_scan.h.
template <int kStates>
void BackwardWalk(const SelectiveScanBackward<float>& args, const ScanPlace& place, const BackwardScratch& scratch) {
  const FloatTag d;
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t lanes = LanesOf(d), n = kStates ? kStates : in.states, size = n * lanes;
  const float* HWY_RESTRICT rates = scratch.rates + place.vector * size;
  float* HWY_RESTRICT dh_carried = scratch.dh + place.vector * size;
  float* HWY_RESTRICT da_sum = scratch.da + place.vector * size;
  const auto skip = LoadUpTo(d, in.d + place.channel, place.count);
  auto dd = hn::LoadU(d, scratch.dd + place.vector * lanes), dbias = hn::LoadU(d, scratch.dbias + place.vector * lanes);
  for (std::int64_t t = place.end - 1; t >= place.begin; --t) {
    const std::int64_t i = t - place.begin;
    const float* HWY_RESTRICT b = in.b + t * n;
    const float* HWY_RESTRICT c = in.c + t * n;
    const float* h_before = scratch.h + i * size;
    const float* decays = scratch.decays + i * size;
    float* HWY_RESTRICT db = scratch.db + i * size;
    float* HWY_RESTRICT dc = scratch.dc + i * size;
    const auto delta = hn::LoadU(d, scratch.delta + i * lanes), x = hn::LoadU(d, scratch.x + i * lanes);
    const auto z = hn::LoadU(d, scratch.z + i * lanes), u = hn::Mul(delta, x);
    auto through_rate = hn::Zero(d), through_input = hn::Zero(d);
    for (std::int64_t s = 0; s < n; ++s) {
      const std::int64_t at = s * lanes;
      const auto decay = hn::LoadU(d, decays + at);
      const auto dh = hn::MulAdd(z, hn::Set(d, c[s]), hn::LoadU(d, dh_carried + at));
      const auto dh_before = hn::Mul(dh, decay);
      const auto rate_gradient = hn::Mul(dh_before, hn::LoadU(d, h_before + at));
      hn::StoreU(dh_before, d, dh_carried + at);
      hn::StoreU(hn::MulAdd(z, hn::LoadU(d, h_before + size + at), hn::LoadU(d, dc + at)), d, dc + at);
      hn::StoreU(hn::MulAdd(u, dh, hn::LoadU(d, db + at)), d, db + at);
      hn::StoreU(hn::MulAdd(delta, rate_gradient, hn::LoadU(d, da_sum + at)), d, da_sum + at);
      through_rate = hn::MulAdd(hn::LoadU(d, rates + at), rate_gradient, through_rate);
      through_input = hn::MulAdd(hn::Set(d, b[s]), dh, through_input);
    }
    const auto dx = hn::MulAdd(delta, through_input, hn::Mul(z, skip));
    const auto ddelta = hn::Mul(hn::MulAdd(hn::Set(d, kLn2), through_rate, hn::Mul(x, through_input)),
                                hn::LoadU(d, scratch.slope + i * lanes));
    const std::int64_t to = t * in.channels + place.channel;
    StoreUpTo(d, dx, args.dx + to, place.count);
    StoreUpTo(d, ddelta, args.ddelta + to, place.count);
    dd = hn::MulAdd(z, x, dd);
    dbias = hn::Add(dbias, ddelta);
  }
  hn::StoreU(dd, d, scratch.dd + place.vector * lanes);
  hn::StoreU(dbias, d, scratch.dbias + place.vector * lanes);
}

// The state before `begin` into the first row of scratch.h.
void LoadStateBefore(const SelectiveScanArguments<float>& in, const float* checkpoints, std::int64_t sequence,
                     const ScanPlace& place, const BackwardScratch& scratch) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d), n = in.states;
  if (place.begin > in.offsets[sequence]) {
    const float* from = CheckpointAt(checkpoints, place.begin, in.channels, n) + place.channel;
    for (std::int64_t s = 0; s < n; ++s) {
      hn::StoreU(LoadUpTo(d, from + s * in.channels, place.count), d, scratch.h + s * lanes);
    }
    return;
  }
  const ScanBlock one(place.channel / lanes, lanes, in.channels, n);
  LoadStates(one, in.state ? in.state + sequence * in.channels * n : nullptr, scratch.h);
}

// One chunk of one piece: everything but the sums over its lanes.
void BackwardChunk(const SelectiveScanBackward<float>& args, const ScanBlock& block, std::int64_t sequence,
                   std::int64_t begin, std::int64_t end, const BackwardScratch& scratch) {
  const SelectiveScanArguments<float>& in = args.inputs;
  std::fill_n(scratch.db, (end - begin) * in.states * block.lanes, 0.0f);
  std::fill_n(scratch.dc, (end - begin) * in.states * block.lanes, 0.0f);
  for (std::int64_t v = 0; v < block.vectors; ++v) {
    const ScanPlace place{begin, end, block.first + v * block.lanes, block.left(v), v};
    LoadStateBefore(in, args.checkpoints, sequence, place, scratch);
    BackwardPrepare(args, place, scratch);
    if (in.states == 16) {
      BackwardRecompute<16>(args, place, scratch);
      BackwardWalk<16>(args, place, scratch);
    } else {
      BackwardRecompute<0>(args, place, scratch);
      BackwardWalk<0>(args, place, scratch);
    }
  }
}

// db and dc of the chunk, summed over the channels of the piece, into partials [token][2][state].
void SumChannels(const ScanBlock& block, std::int64_t tokens, const BackwardScratch& scratch, float* partial) {
  const FloatTag d;
  for (std::int64_t i = 0; i < tokens; ++i) {
    for (std::int64_t s = 0; s < block.states; ++s) {
      const std::int64_t at = (i * block.states + s) * block.lanes;
      partial[2 * i * block.states + s] = SumOf(d, hn::LoadU(d, scratch.db + at));
      partial[(2 * i + 1) * block.states + s] = SumOf(d, hn::LoadU(d, scratch.dc + at));
    }
  }
}

// The sums over time of the piece into the partial sums of this group of sequences: da_log, dd, ddelta_bias.
void StoreWeightSums(const ScanBlock& block, std::int64_t channels, const BackwardScratch& scratch, float* partial) {
  const FloatTag d;
  for (std::int64_t i = 0; i < block.elements(); i += block.lanes) {
    const auto a = hn::Mul(hn::LoadU(d, scratch.rates + i), hn::Set(d, kLn2));
    hn::StoreU(hn::Mul(a, hn::LoadU(d, scratch.da + i)), d, scratch.da + i);
  }
  StoreStates(block, scratch.da, partial);
  std::copy_n(scratch.dd, block.width, partial + channels * block.states + block.first);
  std::copy_n(scratch.dbias, block.width, partial + channels * (block.states + 1) + block.first);
}

// One group of sequences, one piece of channels.
void SelectiveScanBackwardTask(const SelectiveScanBackward<float>& args, std::int64_t task, float* memory) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t pieces = selective_scan_pieces(in.channels, in.states), piece = task % pieces;
  const std::int64_t groups = selective_scan_groups(in.sequences), group = task / pieces;
  const ScanBlock block(piece, selective_scan_piece(in.states), in.channels, in.states);
  const BackwardScratch scratch(memory, in.states);
  float* of_tokens = args.partials + piece * in.tokens() * 2 * in.states;
  float* of_weights = args.partials + pieces * in.tokens() * 2 * in.states + group * in.channels * (in.states + 2);
  LoadDecayRates(block, in.a_log, scratch.rates);
  std::fill_n(scratch.da, block.elements(), 0.0f);
  std::fill_n(scratch.dd, block.vectors * block.lanes, 0.0f);
  std::fill_n(scratch.dbias, block.vectors * block.lanes, 0.0f);
  for (std::int64_t i = in.sequences * group / groups; i < in.sequences * (group + 1) / groups; ++i) {
    const std::int64_t state = i * in.channels * in.states, first = in.offsets[i], last = in.offsets[i + 1];
    LoadStates(block, args.dfinal_state ? args.dfinal_state + state : nullptr, scratch.dh);
    const std::int64_t chunks = (last - first + kSelectiveScanChunk - 1) / kSelectiveScanChunk;
    for (std::int64_t chunk = chunks - 1; chunk >= 0; --chunk) {
      const std::int64_t begin = first + chunk * kSelectiveScanChunk;
      const std::int64_t end = std::min(begin + kSelectiveScanChunk, last);
      BackwardChunk(args, block, i, begin, end, scratch);
      SumChannels(block, end - begin, scratch, of_tokens + begin * 2 * in.states);
    }
    if (args.dstate) StoreStates(block, scratch.dh, args.dstate + state);
  }
  StoreWeightSums(block, in.channels, scratch, of_weights);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

// db and dc: the sums over the pieces of channels, in order.
void sum_pieces(const SelectiveScanBackward<float>& args) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t pieces = selective_scan_pieces(in.channels, in.states), n = in.states,
                     stride = in.tokens() * 2 * n;
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / (pieces * 2 * n));
  parallel_for(0, in.tokens(), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      const float* partial = args.partials + t * 2 * n;
      std::copy_n(partial, n, args.db + t * n);
      std::copy_n(partial + n, n, args.dc + t * n);
      for (std::int64_t piece = 1; piece < pieces; ++piece) {
        for (std::int64_t s = 0; s < n; ++s) args.db[t * n + s] += partial[piece * stride + s];
        for (std::int64_t s = 0; s < n; ++s) args.dc[t * n + s] += partial[piece * stride + n + s];
      }
    }
  });
}

// The gradients of the weights: the sums over the groups of sequences, in order.
void sum_groups(const SelectiveScanBackward<float>& args) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const std::int64_t size = in.channels * (in.states + 2);
  const float* partial = args.partials + selective_scan_pieces(in.channels, in.states) * in.tokens() * 2 * in.states;
  const auto add = [](float* to, const float* from, std::int64_t count) {
    for (std::int64_t i = 0; to && i < count; ++i) to[i] += from[i];
  };
  for (std::int64_t group = 0; group < selective_scan_groups(in.sequences); ++group, partial += size) {
    add(args.da_log, partial, in.channels * in.states);
    add(args.dd, partial + in.channels * in.states, in.channels);
    add(args.ddelta_bias, partial + in.channels * (in.states + 1), in.channels);
  }
}

}  // namespace

HWY_EXPORT(SelectiveScanBackwardTask);

void selective_scan(Cpu, const SelectiveScanBackward<float>& args) {
  const SelectiveScanArguments<float>& in = args.inputs;
  const auto scan = HWY_DYNAMIC_DISPATCH(SelectiveScanBackwardTask);
  for_each_scan_task(selective_scan_backward_tasks(in.sequences, in.channels, in.states), in.workers,
                     in.tokens() * in.channels * in.states, [&](std::int64_t task, std::int64_t worker) {
                       scan(args, task, args.scratch + worker * selective_scan_backward_scratch(in.states));
                     });
  sum_pieces(args);
  sum_groups(args);
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
