#include "sequent/kernels/cpu/selective_scan_tasks.h"
#include "sequent/kernels/cpu/state_space_duality_tasks.h"
#include "sequent/kernels/state_space_duality.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/state_space_duality_backward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/state_space_duality-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// Scratch of one worker.
struct BackwardScratch {
  // Of a piece of heads.
  float* dstate;  // [heads of the piece, states, width], carried from chunk to chunk
  // Of a chunk, shared by the heads; columns are tokens.
  float* b_columns;   // [states, kChunk]
  float* c_columns;   // [states, kChunk]
  float* db_columns;  // [states, kChunk], the part through the state after the chunk
  float* dc_columns;  // [states, kChunk], the part through the state before it
  float* scores;      // [kChunk, kChunk]
  float* dscores;     // [kChunk, kChunk], summed over the heads
  // Of one head.
  float* weights;     // [kChunk, kChunk]
  float* dweights;    // [kChunk, kChunk], dy_i . x_j
  float* x_columns;   // [width, kChunk]
  float* dy_columns;  // [width, kChunk]
  float* rows;        // [kChunk, width]
  float* by_state;    // [states, kChunk]

  BackwardScratch(float* memory, const StateSpaceDualityArguments<float>& in) {
    const auto take = [&](std::int64_t elements) {
      float* taken = memory;
      memory += elements;
      return taken;
    };
    for (float** keys : {&b_columns, &c_columns, &db_columns, &dc_columns, &by_state}) *keys = take(in.states * kChunk);
    for (float** square : {&scores, &dscores, &weights, &dweights}) *square = take(kChunk * kChunk);
    for (float** values : {&x_columns, &dy_columns, &rows}) *values = take(in.width * kChunk);
    dstate = take(state_space_duality_piece(in) * in.states * in.width);
  }
};

// One head of one chunk.
struct HeadChunk {
  std::int64_t head;
  std::int64_t row;     // its first element in x, y and their gradients
  const float* before;  // state before the chunk; null for zeros
  float* dstate;        // gradient of the state after the chunk, becomes that of the state before it
  bool with_dstate;     // false while it is zero, and not yet written
};

// Gradients with respect to how the tokens of a chunk decay, each a sum over one side of the pairs it belongs to.
struct DecayGradients {
  HWY_ALIGN float as_query[kChunk] = {};    // sum_{j < i} of pair (i, j), through exp(c_i - c_j)
  HWY_ALIGN float as_key[kChunk] = {};      // sum_{i > j} of the same, without delta_j
  HWY_ALIGN float own[kChunk] = {};         // of pair (j, j), which does not decay
  HWY_ALIGN float from_start[kChunk] = {};  // of exp(c_i) S
  HWY_ALIGN float to_end[kChunk] = {};      // of exp(c_last - c_j), without delta_j
  double over_chunk = 0;                    // of exp(c_last) S
};

// dweights[i, j] = dy_i . x_j for j <= i.
void WeightGradients(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                     const BackwardScratch& scratch) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.heads * in.width;
  Transpose(in.x + at.row, stride, chunk.count, in.width, 1.0f, scratch.x_columns, kChunk);
  ForEachTriangleRows(chunk.count, [&](std::int64_t i, std::int64_t rows) HWY_ATTR {
    MultiplyTile({.a = args.dy + at.row + i * stride,
                  .a_row = stride,
                  .a_column = 1,
                  .b = scratch.x_columns,
                  .b_row = kChunk,
                  .c = scratch.dweights + i * kChunk,
                  .c_row = kChunk,
                  .rows = rows,
                  .columns = i + rows,
                  .inner = in.width,
                  .add = false});
  });
}

// The weights of the forward pass again; adds the head's part of dscores and the gradients of the decays inside the
// chunk.
void ThroughWeights(const DualityChunk& chunk, const DualityDecay& decay, const BackwardScratch& scratch,
                    DecayGradients& gradients) {
  const FloatTag d;
  const auto zero = hn::Zero(d);
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const std::int64_t end = (i / kTriangleRows + 1) * kTriangleRows;
    auto as_query = zero;
    for (std::int64_t j = 0; j < end; j += LanesOf(d)) {
      const std::int64_t at = i * kChunk + j;
      const auto seen = NotAfter(d, i, j), before = NotAfter(d, i - 1, j);
      const auto between = decay.Between(d, i, j), delta = hn::Load(d, decay.delta + j);
      const auto score = hn::LoadU(d, scratch.scores + at);
      const auto dweight = hn::IfThenElseZero(seen, hn::Mul(between, hn::LoadU(d, scratch.dweights + at)));
      hn::StoreU(hn::IfThenElseZero(seen, hn::Mul(score, hn::Mul(between, delta))), d, scratch.weights + at);
      hn::StoreU(hn::MulAdd(dweight, delta, hn::LoadU(d, scratch.dscores + at)), d, scratch.dscores + at);
      const auto pair = hn::IfThenElseZero(before, hn::Mul(score, dweight));
      as_query = hn::MulAdd(pair, delta, as_query);
      hn::Store(hn::Add(hn::Load(d, gradients.as_key + j), pair), d, gradients.as_key + j);
    }
    gradients.as_query[i] = SumOf(d, as_query);
    gradients.own[i] = scratch.scores[i * kChunk + i] * scratch.dweights[i * kChunk + i];
  }
}

// dx = skip dy + weights^T dy; the gradient of skip.
void ThroughOutput(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                   const BackwardScratch& scratch, float* dskip) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.heads * in.width;
  auto head_sum = hn::Zero(d);
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const std::int64_t row = at.row + i * stride;
    ForEachVector(d, in.width, [&](std::int64_t p, std::int64_t left) HWY_ATTR {
      const auto dy = LoadUpTo(d, args.dy + row + p, left);
      StoreUpTo(d, hn::Mul(SkipOf(d, in, at.head, p, left), dy), args.dx + row + p, left);
      if (!args.dskip) return;
      const auto product = hn::Mul(dy, LoadUpTo(d, in.x + row + p, left));
      if (in.skip_per_channel) {
        StoreUpTo(d, hn::Add(product, LoadUpTo(d, dskip + p, left)), dskip + p, left);
      } else {
        head_sum = hn::Add(head_sum, product);
      }
    });
  }
  if (args.dskip && !in.skip_per_channel) *dskip += SumOf(d, head_sum);
  ForEachTriangleRows(chunk.count, [&](std::int64_t j, std::int64_t rows) HWY_ATTR {
    MultiplyTile({.a = scratch.weights + j * kChunk + j,
                  .a_row = 1,
                  .a_column = kChunk,
                  .b = args.dy + at.row + j * stride,
                  .b_row = stride,
                  .c = args.dx + at.row + j * stride,
                  .c_row = stride,
                  .rows = rows,
                  .columns = in.width,
                  .inner = chunk.count - j,
                  .add = true});
  });
}

// What reaches x, b and the decays through the state after the chunk.
void ThroughStateAfter(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                       const DualityDecay& decay, const BackwardScratch& scratch, DecayGradients& gradients) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.heads * in.width, key_stride = in.groups * in.states;
  MultiplyTile({.a = in.b + chunk.begin * key_stride + chunk.group * in.states,
                .a_row = key_stride,
                .a_column = 1,
                .b = at.dstate,
                .b_row = in.width,
                .c = scratch.rows,
                .c_row = in.width,
                .rows = chunk.count,
                .columns = in.width,
                .inner = in.states,
                .add = false});
  for (std::int64_t j = 0; j < chunk.count; ++j) {
    const std::int64_t row = at.row + j * stride;
    const auto factor = hn::Set(d, decay.into_state[j]);
    auto sum = hn::Zero(d);
    ForEachVector(d, in.width, [&](std::int64_t p, std::int64_t left) HWY_ATTR {
      const auto through = LoadUpTo(d, scratch.rows + j * in.width + p, left);
      sum = hn::MulAdd(through, LoadUpTo(d, in.x + row + p, left), sum);
      StoreUpTo(d, hn::MulAdd(factor, through, LoadUpTo(d, args.dx + row + p, left)), args.dx + row + p, left);
    });
    gradients.to_end[j] = decay.to_end[j] * SumOf(d, sum);
  }
  for (std::int64_t j = 0; j < chunk.count; j += LanesOf(d)) {
    const auto factor = hn::Load(d, decay.into_state + j);
    for (std::int64_t p = 0; p < in.width; ++p) {
      float* x = scratch.x_columns + p * kChunk + j;
      hn::StoreU(hn::Mul(factor, hn::LoadU(d, x)), d, x);
    }
  }
  MultiplyTile({.a = at.dstate,
                .a_row = in.width,
                .a_column = 1,
                .b = scratch.x_columns,
                .b_row = kChunk,
                .c = scratch.db_columns,
                .c_row = kChunk,
                .rows = in.states,
                .columns = chunk.count,
                .inner = in.width,
                .add = true});
}

// What reaches c and the decays through the state before the chunk.
void ThroughStateBefore(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                        const DualityDecay& decay, const BackwardScratch& scratch, DecayGradients& gradients) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  Transpose(args.dy + at.row, in.heads * in.width, chunk.count, in.width, 1.0f, scratch.dy_columns, kChunk);
  MultiplyTile({.a = at.before,
                .a_row = in.width,
                .a_column = 1,
                .b = scratch.dy_columns,
                .b_row = kChunk,
                .c = scratch.by_state,
                .c_row = kChunk,
                .rows = in.states,
                .columns = chunk.count,
                .inner = in.width,
                .add = false});
  for (std::int64_t i = 0; i < chunk.count; i += LanesOf(d)) {
    const auto factor = hn::Load(d, decay.from_start + i);
    auto sum = hn::Zero(d);
    for (std::int64_t s = 0; s < in.states; ++s) {
      const std::int64_t at_state = s * kChunk + i;
      const auto through = hn::Mul(factor, hn::LoadU(d, scratch.by_state + at_state));
      sum = hn::MulAdd(through, hn::LoadU(d, scratch.c_columns + at_state), sum);
      hn::StoreU(hn::Add(through, hn::LoadU(d, scratch.dc_columns + at_state)), d, scratch.dc_columns + at_state);
    }
    hn::Store(sum, d, gradients.from_start + i);
  }
}

// dstate = exp(c_last) dstate + sum_i exp(c_i) c_i dy_i^T; the gradient of exp(c_last).
void StepBack(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
              const DualityDecay& decay, const BackwardScratch& scratch, DecayGradients& gradients) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.heads * in.width, key_stride = in.groups * in.states;
  if (at.with_dstate) {
    const std::int64_t size = in.states * in.width;
    ScaleAll(at.dstate, size, decay.over_chunk, 1, size, at.dstate);
    if (at.before) gradients.over_chunk = Dot(d, at.dstate, at.before, size);
  }
  ScaleRows(args.dy + at.row, stride, decay.from_start, chunk.count, in.width, scratch.rows, in.width);
  MultiplyTile({.a = in.c + chunk.begin * key_stride + chunk.group * in.states,
                .a_row = 1,
                .a_column = key_stride,
                .b = scratch.rows,
                .b_row = in.width,
                .c = at.dstate,
                .c_row = in.width,
                .rows = in.states,
                .columns = in.width,
                .inner = chunk.count,
                .add = at.with_dstate});
}

// From the gradients of the pairs to those of the steps; returns the part of drate. The logarithm a_t = delta_t rate of
// token t's decay is in every pair it lies between.
double DecayToStep(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                   const DualityDecay& decay, const DecayGradients& gradients) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  double through_end[kChunk], ended = 0, drate = 0;  // of the tokens before t, to the end
  for (std::int64_t t = 0; t < chunk.count; ++t) {
    through_end[t] = ended;
    ended += gradients.to_end[t] * decay.delta[t];
  }
  double after = gradients.over_chunk;  // of the tokens from t on, from tokens before t or from the start
  for (std::int64_t t = chunk.count - 1; t >= 0; --t) {
    after += gradients.as_query[t] + gradients.from_start[t] - gradients.as_key[t] * decay.delta[t];
    const double da = after + through_end[t];
    drate += decay.delta[t] * da;
    if (!args.ddelta) continue;
    const double direct = gradients.as_key[t] + gradients.own[t] + gradients.to_end[t];
    args.ddelta[(chunk.begin + t) * in.heads + at.head] = static_cast<float>(in.rate[at.head] * da + direct);
  }
  return drate;
}

// One head of one chunk; returns the part of drate.
double BackwardHead(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk, const HeadChunk& at,
                    const BackwardScratch& scratch, float* dskip) {
  const DualityDecay decay(args.inputs, chunk, at.head);
  DecayGradients gradients;
  WeightGradients(args, chunk, at, scratch);
  ThroughWeights(chunk, decay, scratch, gradients);
  ThroughOutput(args, chunk, at, scratch, dskip);
  if (at.with_dstate) ThroughStateAfter(args, chunk, at, decay, scratch, gradients);
  if (at.before) ThroughStateBefore(args, chunk, at, decay, scratch, gradients);
  StepBack(args, chunk, at, decay, scratch, gradients);
  return args.ddelta || args.drate ? DecayToStep(args, chunk, at, decay, gradients) : 0;
}

// What the heads of a piece make of the gradients of b and c: dscores and the parts through the states.
void KeyGradients(const StateSpaceDualityBackward<float>& args, const DualityChunk& chunk,
                  const BackwardScratch& scratch, float* db, float* dc) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.groups * in.states, at = chunk.begin * stride + chunk.group * in.states;
  Transpose(scratch.db_columns, kChunk, in.states, chunk.count, 1.0f, db + at, stride);
  Transpose(scratch.dc_columns, kChunk, in.states, chunk.count, 1.0f, dc + at, stride);
  ForEachTriangleRows(chunk.count, [&](std::int64_t i, std::int64_t rows) HWY_ATTR {
    MultiplyTile({.a = scratch.dscores + i * kChunk,
                  .a_row = kChunk,
                  .a_column = 1,
                  .b = in.b + at,
                  .b_row = stride,
                  .c = dc + at + i * stride,
                  .c_row = stride,
                  .rows = rows,
                  .columns = in.states,
                  .inner = i + rows,
                  .add = true});
    MultiplyTile({.a = scratch.dscores + i * kChunk + i,
                  .a_row = 1,
                  .a_column = kChunk,
                  .b = in.c + at + i * stride,
                  .b_row = stride,
                  .c = db + at + i * stride,
                  .c_row = stride,
                  .rows = rows,
                  .columns = in.states,
                  .inner = chunk.count - i,
                  .add = true});
  });
}

}  // namespace

void DualityBackwardSequence(const StateSpaceDualityBackward<float>& args, const DualityBackwardTask& task,
                             std::int64_t sequence, const BackwardScratch& scratch) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t size = in.states * in.width, first = in.offsets[sequence], end = in.offsets[sequence + 1];
  const std::int64_t heads = task.head_end - task.head_begin, states = (sequence * in.heads + task.head_begin) * size;
  bool with_dstate = args.dfinal_state != nullptr;
  if (with_dstate) std::copy_n(args.dfinal_state + states, heads * size, scratch.dstate);
  for (std::int64_t begin = first + (end - first - 1) / kChunk * kChunk; begin >= first; begin -= kChunk) {
    const DualityChunk chunk{begin, std::min(kChunk, end - begin), task.group};
    const std::int64_t keys = begin * in.groups * in.states + task.group * in.states;
    const float* before = begin > first ? DualityCheckpoint(in, args.checkpoints, begin) + task.head_begin * size
                          : in.state    ? in.state + states
                                        : nullptr;
    DualityScores(in, chunk, scratch.b_columns, scratch.scores);
    Transpose(in.c + keys, in.groups * in.states, chunk.count, in.states, 1.0f, scratch.c_columns, kChunk);
    std::fill_n(scratch.dscores, chunk.count * kChunk, 0.0f);
    std::fill_n(scratch.db_columns, in.states * kChunk, 0.0f);
    std::fill_n(scratch.dc_columns, in.states * kChunk, 0.0f);
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t head = task.head_begin + h;
      const HeadChunk at{.head = head,
                         .row = (begin * in.heads + head) * in.width,
                         .before = before ? before + h * size : nullptr,
                         .dstate = scratch.dstate + h * size,
                         .with_dstate = with_dstate};
      float* dskip = task.dskip + (in.skip_per_channel ? head * in.width : head);
      task.drate[head] += static_cast<float>(BackwardHead(args, chunk, at, scratch, dskip));
    }
    KeyGradients(args, chunk, scratch, task.db, task.dc);
    with_dstate = true;
  }
  if (args.dstate) std::copy_n(scratch.dstate, heads * size, args.dstate + states);
}

void DualityBackwardRun(const StateSpaceDualityBackward<float>& args, const DualityBackwardTask& task, float* memory) {
  const BackwardScratch scratch(memory, args.inputs);
  for (std::int64_t sequence = task.sequence_begin; sequence < task.sequence_end; ++sequence) {
    DualityBackwardSequence(args, task, sequence, scratch);
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

HWY_EXPORT(DualityBackwardRun);

// to[i] += sum of the parts, in order.
void add_parts(const float* parts, std::int64_t count, std::int64_t size, float* to) {
  for (std::int64_t part = 0; part < count; ++part) {
    for (std::int64_t i = 0; i < size; ++i) to[i] += parts[part * size + i];
  }
}

// The same over many elements, written rather than added to.
void sum_parts(const float* parts, std::int64_t count, std::int64_t size, float* to) {
  parallel_for(0, size, 16384, [&](std::int64_t begin, std::int64_t end) {
    std::copy(parts + begin, parts + end, to + begin);
    for (std::int64_t part = 1; part < count; ++part) {
      for (std::int64_t i = begin; i < end; ++i) to[i] += parts[part * size + i];
    }
  });
}

}  // namespace

void state_space_duality(Cpu, const StateSpaceDualityBackward<float>& args) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t piece = state_space_duality_piece(in), pieces = state_space_duality_pieces(in);
  const std::int64_t sequence_groups = state_space_duality_sequence_groups(in.sequences);
  const std::int64_t keys = in.tokens() * in.groups * in.states;
  // The parts of drate and dskip of each group of sequences, then those of db and dc of each piece of heads.
  float* drate = args.partials;
  float* dskip = drate + sequence_groups * in.heads;
  float* db = pieces > 1 ? dskip + sequence_groups * in.skip_size() : args.db;
  float* dc = pieces > 1 ? db + pieces * keys : args.dc;
  std::fill_n(args.partials, sequence_groups * (in.heads + in.skip_size()), 0.0f);
  const auto run = HWY_DYNAMIC_DISPATCH(DualityBackwardRun);
  for_each_scan_task(state_space_duality_backward_tasks(in), in.workers, in.tokens() * in.heads * in.states * in.width,
                     [&](std::int64_t index, std::int64_t worker) {
                       const std::int64_t p = index % pieces, group = index / pieces % in.groups,
                                          part = index / pieces / in.groups;
                       const std::int64_t first = group * in.heads_per_group(), head = first + p * piece;
                       const DualityBackwardTask task{.group = group,
                                                      .head_begin = head,
                                                      .head_end = std::min(head + piece, first + in.heads_per_group()),
                                                      .sequence_begin = in.sequences * part / sequence_groups,
                                                      .sequence_end = in.sequences * (part + 1) / sequence_groups,
                                                      .db = db + p * keys,
                                                      .dc = dc + p * keys,
                                                      .drate = drate + part * in.heads,
                                                      .dskip = dskip + part * in.skip_size()};
                       run(args, task, args.scratch + worker * state_space_duality_backward_scratch(in));
                     });
  if (pieces > 1) {
    sum_parts(db, pieces, keys, args.db);
    sum_parts(dc, pieces, keys, args.dc);
  }
  if (args.drate) add_parts(drate, sequence_groups, in.heads, args.drate);
  if (args.dskip) add_parts(dskip, sequence_groups, in.skip_size(), args.dskip);
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
