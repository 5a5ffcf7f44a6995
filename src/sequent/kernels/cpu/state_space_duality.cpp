#include "sequent/kernels/state_space_duality.h"

#include "sequent/kernels/cpu/selective_scan_tasks.h"
#include "sequent/kernels/cpu/state_space_duality_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/state_space_duality.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/state_space_duality-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

struct ForwardScratch {
  float* b_columns;  // [states, kChunk]
  float* scores;     // [kChunk, kChunk], c_i . b_j
  float* weights;    // [kChunk, kChunk], scores with decay and step
  float* x;          // [kChunk, columns]

  ForwardScratch(float* memory, std::int64_t states)
      : b_columns(memory),
        scores(b_columns + states * kChunk),
        weights(scores + kChunk * kChunk),
        x(weights + kChunk * kChunk) {}
};

// One head of one chunk: its state before (null for zeros) and after, which may be the same memory.
struct HeadChunk {
  std::int64_t head;
  const float* before;
  float* after;
};

// The only token of a chunk, a step of the recurrence: reads and writes the state once.
void Step(const StateSpaceDualityForward<float>& args, const DualityChunk& chunk, const DualityForwardTask& task,
          const HeadChunk& at) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t lanes = LanesOf(d), t = chunk.begin;
  const float delta = in.delta ? in.delta[t * in.heads + at.head] : 1.0f;
  const auto decay = hn::Set(d, std::exp(delta * in.rate[at.head]));
  const float* b = in.b + (t * in.groups + chunk.group) * in.states;
  const float* c = in.c + (t * in.groups + chunk.group) * in.states;
  constexpr std::int64_t kVectors = 4;
  for (std::int64_t column = task.column; column < task.column + task.columns; column += kVectors * lanes) {
    const std::int64_t row = (t * in.heads + at.head) * in.width + column, end = task.column + task.columns - column;
    FloatVector x[kVectors], y[kVectors];
    for (std::int64_t v = 0; v < kVectors; ++v) {
      x[v] = v * lanes < end ? hn::Mul(hn::Set(d, delta), LoadUpTo(d, in.x + row + v * lanes, end - v * lanes))
                             : hn::Zero(d);
      y[v] = hn::Zero(d);
    }
    for (std::int64_t s = 0; s < in.states; ++s) {
      const auto key = hn::Set(d, b[s]), query = hn::Set(d, c[s]);
      for (std::int64_t v = 0; v < kVectors && v * lanes < end; ++v) {
        const std::int64_t i = s * in.width + column + v * lanes, left = end - v * lanes;
        const auto before = at.before ? LoadUpTo(d, at.before + i, left) : hn::Zero(d);
        const auto after = hn::MulAdd(decay, before, hn::Mul(key, x[v]));
        y[v] = hn::MulAdd(query, after, y[v]);
        StoreUpTo(d, after, at.after + i, left);
      }
    }
    for (std::int64_t v = 0; v < kVectors && v * lanes < end; ++v) {
      const std::int64_t left = end - v * lanes;
      const auto skip = SkipOf(d, in, at.head, column + v * lanes, left);
      StoreUpTo(d, hn::MulAdd(skip, LoadUpTo(d, in.x + row + v * lanes, left), y[v]), args.y + row + v * lanes, left);
    }
  }
}

// y = exp(c_i) y + skip x, y being c_i^T S where there was a state; and a copy of x for the products to come.
void StartOutput(const StateSpaceDualityForward<float>& args, const DualityChunk& chunk, const DualityForwardTask& task,
                 const HeadChunk& at, const DualityDecay& decay, float* x_copy) {
  const FloatTag d;
  const StateSpaceDualityArguments<float>& in = args.inputs;
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const std::int64_t row = ((chunk.begin + i) * in.heads + at.head) * in.width + task.column;
    const auto from_start = hn::Set(d, decay.from_start[i]);
    ForEachVector(d, task.columns, [&](std::int64_t p, std::int64_t left) HWY_ATTR {
      const auto x = LoadUpTo(d, in.x + row + p, left);
      StoreUpTo(d, x, x_copy + i * task.columns + p, left);
      auto y = hn::Mul(SkipOf(d, in, at.head, task.column + p, left), x);
      if (at.before) y = hn::MulAdd(from_start, LoadUpTo(d, args.y + row + p, left), y);
      StoreUpTo(d, y, args.y + row + p, left);
    });
  }
}

// weights[i, j] = scores[i, j] exp(c_i - c_j) delta_j for j <= i, 0 for the later tokens of its rows.
void Weights(const DualityChunk& chunk, const DualityDecay& decay, const float* scores, float* weights) {
  const FloatTag d;
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const std::int64_t end = (i / kTriangleRows + 1) * kTriangleRows;
    for (std::int64_t j = 0; j < end; j += LanesOf(d)) {
      const auto factor = hn::Mul(decay.Between(d, i, j), hn::Load(d, decay.delta + j));
      const auto weight = hn::Mul(hn::LoadU(d, scores + i * kChunk + j), factor);
      hn::StoreU(hn::IfThenElseZero(NotAfter(d, i, j), weight), d, weights + i * kChunk + j);
    }
  }
}

void ForwardHead(const StateSpaceDualityForward<float>& args, const DualityChunk& chunk, const DualityForwardTask& task,
                 const HeadChunk& at, const ForwardScratch& scratch) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t stride = in.heads * in.width, key_stride = in.groups * in.states;
  const std::int64_t keys = chunk.begin * key_stride + chunk.group * in.states;
  const DualityDecay decay(in, chunk, at.head);
  float* y = args.y + chunk.begin * stride + at.head * in.width + task.column;
  if (at.before) {
    MultiplyTile({.a = in.c + keys,
                  .a_row = key_stride,
                  .a_column = 1,
                  .b = at.before + task.column,
                  .b_row = in.width,
                  .c = y,
                  .c_row = stride,
                  .rows = chunk.count,
                  .columns = task.columns,
                  .inner = in.states,
                  .add = false});
  }
  StartOutput(args, chunk, task, at, decay, scratch.x);
  Weights(chunk, decay, scratch.scores, scratch.weights);
  ForEachTriangleRows(chunk.count, [&](std::int64_t i, std::int64_t rows) HWY_ATTR {
    MultiplyTile({.a = scratch.weights + i * kChunk,
                  .a_row = kChunk,
                  .a_column = 1,
                  .b = scratch.x,
                  .b_row = task.columns,
                  .c = y + i * stride,
                  .c_row = stride,
                  .rows = rows,
                  .columns = task.columns,
                  .inner = i + rows,
                  .add = true});
  });
  ScaleRows(scratch.x, task.columns, decay.into_state, chunk.count, task.columns, scratch.x, task.columns);
  if (at.before) {
    ScaleAll(at.before + task.column, in.width, decay.over_chunk, in.states, task.columns, at.after + task.column);
  }
  MultiplyTile({.a = in.b + keys,
                .a_row = 1,
                .a_column = key_stride,
                .b = scratch.x,
                .b_row = task.columns,
                .c = at.after + task.column,
                .c_row = in.width,
                .rows = in.states,
                .columns = task.columns,
                .inner = chunk.count,
                .add = at.before != nullptr});
}

// Where the states of all heads lie before the chunk that begins at `begin` (null for zeros). While recording each
// chunk has its own; otherwise the final states are carried along in place.
const float* StatesBefore(const StateSpaceDualityForward<float>& args, std::int64_t sequence, std::int64_t begin) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const std::int64_t at = sequence * in.heads * in.states * in.width;
  if (begin == in.offsets[sequence]) return in.state ? in.state + at : nullptr;
  return args.checkpoints ? DualityCheckpoint(in, args.checkpoints, begin) : args.final_state + at;
}

float* StatesAfter(const StateSpaceDualityForward<float>& args, std::int64_t sequence, std::int64_t end) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const bool last = end == in.offsets[sequence + 1];
  return args.checkpoints && !last ? DualityCheckpoint(in, args.checkpoints, end)
                                   : args.final_state + sequence * in.heads * in.states * in.width;
}

}  // namespace

void DualityForwardRun(const StateSpaceDualityForward<float>& args, const DualityForwardTask& task, float* memory) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const ForwardScratch scratch(memory, in.states);
  const std::int64_t end = in.offsets[task.sequence + 1], size = in.states * in.width;
  for (std::int64_t begin = in.offsets[task.sequence]; begin < end; begin += kChunk) {
    const DualityChunk chunk{begin, std::min(kChunk, end - begin), task.group};
    const float* before = StatesBefore(args, task.sequence, begin);
    float* after = StatesAfter(args, task.sequence, begin + chunk.count);
    if (chunk.count > 1) DualityScores(in, chunk, scratch.b_columns, scratch.scores);
    for (std::int64_t head = task.head_begin; head < task.head_end; ++head) {
      const HeadChunk at{head, before ? before + head * size : nullptr, after + head * size};
      chunk.count > 1 ? ForwardHead(args, chunk, task, at, scratch) : Step(args, chunk, task, at);
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

HWY_EXPORT(DualityForwardRun);

// Heads of a group that share the products of b and c in one task; and where there are more workers than heads, parts
// that the columns of a head are cut into.
struct Cut {
  std::int64_t heads, blocks, columns, parts;

  explicit Cut(const StateSpaceDualityArguments<float>& in) {
    constexpr std::int64_t kTasksPerWorker = 4;  // so that all end at about the same time
    constexpr std::int64_t kLeastColumns = 16;
    const std::int64_t all = std::max<std::int64_t>(in.sequences * in.heads, 1);
    const std::int64_t wanted = in.workers == 1 ? 1 : kTasksPerWorker * in.workers;
    heads = std::clamp<std::int64_t>(all / wanted, 1, in.heads_per_group());
    if (in.workers == 1) heads = in.heads_per_group();
    blocks = (in.heads_per_group() + heads - 1) / heads;
    parts = all < in.workers ? (in.workers + all - 1) / all : 1;
    columns = (in.width + parts - 1) / parts;
    columns = (columns + kLeastColumns - 1) / kLeastColumns * kLeastColumns;
    parts = (in.width + columns - 1) / columns;
  }
};

}  // namespace

void state_space_duality(Cpu, const StateSpaceDualityForward<float>& args) {
  const StateSpaceDualityArguments<float>& in = args.inputs;
  const Cut cut(in);
  const auto run = HWY_DYNAMIC_DISPATCH(DualityForwardRun);
  // An update without an exponential takes about a quarter of the time of one with.
  const std::int64_t work = in.tokens() * in.heads * in.states * in.width / 4;
  for_each_scan_task(in.sequences * in.groups * cut.blocks * cut.parts, in.workers, work,
                     [&](std::int64_t index, std::int64_t worker) {
                       const std::int64_t part = index % cut.parts, block = index / cut.parts % cut.blocks;
                       const std::int64_t pair = index / cut.parts / cut.blocks, group = pair % in.groups;
                       const std::int64_t first = group * in.heads_per_group(), head = first + block * cut.heads;
                       const DualityForwardTask task{
                           .sequence = pair / in.groups,
                           .group = group,
                           .head_begin = head,
                           .head_end = std::min(head + cut.heads, first + in.heads_per_group()),
                           .column = part * cut.columns,
                           .columns = std::min(cut.columns, in.width - part * cut.columns)};
                       run(args, task, args.scratch + worker * state_space_duality_forward_scratch(in));
                     });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
