#include <cmath>
#include <limits>

#include "sequent/kernels/attention.h"
#include "sequent/kernels/cpu/attention_schedule.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/attention_backward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/attention_bias-inl.h"
#include "sequent/kernels/cpu/attention_tile-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// A tile of queries of one head, and what the steps over its keys share.
struct BackwardState {
  float* q;               // [width, kQueryTile], scaled, in units of log 2
  float* dy;              // [width, kQueryTile]
  float* dq;              // [width, kQueryTile]
  float* weight;          // [kKeyTile, kQueryTile], scores and then weights p
  float* score_gradient;  // [kKeyTile, kQueryTile], dp and then ds
  float* log_sum;         // [kQueryTile], in units of log 2
  float* constant;        // [kQueryTile], dy . y
  float* dbias;           // [2 * bias_span + 1] of this head, times scale; may be null
  float* words;           // for products in bfloat16
};

// p = 2^(score - log_sum), 0 where masked; ds = scale * p * (dp - dy . y).
void WeightsAndGradients(const TileStep& step, float scale, const BackwardState& state) {
  const FloatTag d;
  const auto factor = hn::Set(d, scale);
  for (std::int64_t lane = 0; lane < step.columns; lane += LanesOf(d)) {
    const std::int64_t at = step.column + lane;
    const auto log_sum = hn::Load(d, state.log_sum + at);
    const auto constant = hn::Load(d, state.constant + at);
    for (std::int64_t j = 0; j < step.keys; ++j) {
      float* weight = state.weight + j * kQueryTile + at;
      float* gradient = state.score_gradient + j * kQueryTile + at;
      auto p = ExpTwo(d, hn::Sub(hn::Load(d, weight), log_sum));
      if (step.masked) p = hn::IfThenElseZero(Visible(d, step, lane, j), p);
      hn::Store(p, d, weight);
      hn::Store(hn::Mul(hn::Mul(p, factor), hn::Sub(hn::Load(d, gradient), constant)), d, gradient);
    }
  }
}

// One step of a tile: the five products of the backward pass.
template <class Words>
void BackwardStep(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence, const QueryTile& tile,
                  const TileStep& step, std::int64_t head, const BackwardState& state) {
  const std::int64_t width = args.width;
  const std::int64_t stride = args.heads * width;
  const std::int64_t key_stride = args.key_value_heads * width;
  const std::int64_t key_head = head / (args.heads / args.key_value_heads) * width;
  const std::int64_t queries = std::min(step.columns, tile.count - step.column);
  const std::int64_t query_at = (sequence.query_begin + tile.begin + step.column) * stride + head * width;
  const float* key = sequence.key + step.key * key_stride + key_head;
  const float* value = sequence.value + step.key * key_stride + key_head;
  const std::int64_t gradient_at = (sequence.key_begin + step.key) * key_stride + key_head;
  // The columns that only fill up a vector are left out of the sums over queries.
  const auto over_queries = [&](const float* weights, const float* rows, float* result) HWY_ATTR {
    MultiplyTileIn<Words>({.a = weights + step.column,
                           .a_row = kQueryTile,
                           .a_column = 1,
                           .b = rows + query_at,
                           .b_row = stride,
                           .c = result + gradient_at,
                           .c_row = key_stride,
                           .rows = step.keys,
                           .columns = width,
                           .inner = queries,
                           .add = true},
                          state.words);
  };
  SumOverChannels<Words>(step, key, key_stride, width, state.q, state.weight, state.words);
  if (args.bias) AddBias(args, tile, step, head, state.weight);
  SumOverChannels<Words>(step, value, key_stride, width, state.dy, state.score_gradient, state.words);
  WeightsAndGradients(step, args.scale, state);
  if (state.dbias) SumDistances(args, tile, step, state.score_gradient, state.dbias);
  if (args.dv) over_queries(state.weight, args.dy, args.dv);
  if (args.dk) over_queries(state.score_gradient, args.q, args.dk);
  if (args.dq) SumOverKeys<Words>(step, key, key_stride, width, state.score_gradient, true, state.dq, state.words);
}

// One tile of queries against keys [begin, end): adds to dk, dv and dbias, writes dq.
template <class Words>
void BackwardTile(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence, const QueryTile& tile,
                  std::int64_t head, std::int64_t begin, std::int64_t end, float* dq, float* dbias, float* scratch) {
  const FloatTag d;
  const std::int64_t width = args.width;
  const std::int64_t stride = args.heads * width;
  const std::int64_t row = sequence.query_begin + tile.begin;
  const std::int64_t at = row * stride + head * width;
  // The columns that only fill up a vector weigh nothing, whatever the bias.
  HWY_ALIGN float log_sum[kQueryTile];
  std::fill_n(log_sum, kQueryTile, std::numeric_limits<float>::infinity());
  HWY_ALIGN float constant[kQueryTile] = {};
  for (std::int64_t i = 0; i < tile.count; ++i) {
    log_sum[i] = args.log_sum_exp[(row + i) * args.heads + head] * kLogTwoOfE;
    constant[i] = Dot(d, args.dy + at + i * stride, args.y + at + i * stride, width);
  }
  const std::int64_t columns = width * kQueryTile;
  const BackwardState state{.q = scratch,
                            .dy = scratch + columns,
                            .dq = scratch + 2 * columns,
                            .weight = scratch + 3 * columns,
                            .score_gradient = scratch + 3 * columns + kKeyTile * kQueryTile,
                            .log_sum = log_sum,
                            .constant = constant,
                            .dbias = dbias,
                            .words = scratch + 3 * columns + 2 * kKeyTile * kQueryTile};
  PackColumns(tile, args.q + at, stride, width, args.scale * kLogTwoOfE, state.q);
  PackColumns(tile, args.dy + at, stride, width, 1.0f, state.dy);
  std::fill_n(state.dq, columns, 0.0f);
  ForEachStep(tile, args.causal, begin, end,
              [&](const TileStep& step) HWY_ATTR { BackwardStep<Words>(args, sequence, tile, step, head, state); });
  if (args.dq) Transpose(state.dq, kQueryTile, width, tile.count, 1.0f, dq + at, stride);
}

}  // namespace

// Keys [begin, end) of one key head: all of their dk and dv, and their share of dq and of dbias: written to
// dbias [heads of the group, 2 * bias_span + 1], which may be null.
void AttentionBackwardKeys(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence,
                           std::int64_t key_value_head, std::int64_t begin, std::int64_t end, float* dq, float* dbias,
                           float* scratch) {
  const std::int64_t group = args.heads / args.key_value_heads;
  const std::int64_t distances = 2 * args.bias_span + 1;
  if (dbias) std::fill_n(dbias, group * distances, 0.0f);
  for (float* gradient : {args.dk, args.dv}) {
    if (!gradient) continue;
    for (std::int64_t j = sequence.key_begin + begin; j < sequence.key_begin + end; ++j) {
      std::fill_n(gradient + (j * args.key_value_heads + key_value_head) * args.width, args.width, 0.0f);
    }
  }
  for (std::int64_t g = 0; g < group; ++g) {
    for (std::int64_t t = 0; t < tiles_of(sequence.query_length, kQueryTile); ++t) {
      const QueryTile tile = TileOf(args, sequence, t);
      const std::int64_t limit = std::min(end, tile.limit);
      if (begin >= limit) continue;
      WithWords(args.precision, [&](auto words) HWY_ATTR {
        BackwardTile<decltype(words)>(args, sequence, tile, key_value_head * group + g, begin, limit, dq,
                                      dbias ? dbias + g * distances : nullptr, scratch);
      });
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

HWY_EXPORT(AttentionBackwardKeys);

// With fewer heads than this in all, the keys of long sequences are cut into parts, each with a dq of its own.
constexpr std::int64_t kEnoughTasks = 16;
constexpr std::int64_t kMaximumParts = 4;
constexpr std::int64_t kTilesPerPart = 4;

std::int64_t parts_of(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence) {
  const std::int64_t wanted = tiles_of(kEnoughTasks, args.sequence_count * args.key_value_heads);
  const std::int64_t tiles = tiles_of(sequence.key_length, kKeyTile);
  return std::clamp<std::int64_t>(std::min(wanted, tiles / kTilesPerPart), 1, kMaximumParts);
}

// Where part `part` of the keys begins: at a tile, with about equal work in each. A key that n queries see is n work.
std::int64_t part_begin(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence,
                        std::int64_t part, std::int64_t parts) {
  if (part == 0) return 0;
  if (part == parts) return sequence.key_length;
  const std::int64_t tiles = tiles_of(sequence.key_length, kKeyTile);
  const double length = static_cast<double>(sequence.query_length);
  const double before = static_cast<double>(sequence.key_length) - length;
  const double share = static_cast<double>(part) / static_cast<double>(parts);
  double position = share * static_cast<double>(sequence.key_length);
  if (args.causal) {
    // All queries see the first `before` keys; of the others, key x is seen by length - x.
    const double work = share * (before * length + length * length / 2);
    const double rest = work - before * length;
    position = rest <= 0 ? work / length : before + length - std::sqrt(std::max(0.0, length * length - 2 * rest));
  }
  // No part is empty: there are at least kTilesPerPart tiles for each.
  const std::int64_t tile = static_cast<std::int64_t>(std::llround(position / static_cast<double>(kKeyTile)));
  return std::clamp(tile, part, tiles - (parts - part)) * kKeyTile;
}

std::int64_t most_parts(const AttentionBackward<float>& args) {
  std::int64_t parts = 1;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) parts = std::max(parts, parts_of(args, args.sequences[s]));
  return parts;
}

std::int64_t query_elements(const AttentionBackward<float>& args) {
  if (args.sequence_count == 0) return 0;
  const auto& last = args.sequences[args.sequence_count - 1];
  return (last.query_begin + last.query_length) * args.heads * args.width;
}

std::int64_t worker_size(const AttentionBackward<float>& args) {
  return (3 * args.width + 2 * kKeyTile) * kQueryTile + rounding_scratch(args.width, args.precision);
}

// Adds the shares of dq of the later parts to that of the first, in order.
void add_parts(const AttentionBackward<float>& args, const AttentionSequence<float>& sequence, const float* shares) {
  const std::int64_t parts = parts_of(args, sequence);
  const std::int64_t stride = args.heads * args.width;
  for (std::int64_t part = 1; part < parts; ++part) {
    const std::int64_t begin = part_begin(args, sequence, part, parts);
    // Tiles of queries that see none of a part's keys got no share from it.
    const std::int64_t blind = begin - (sequence.key_length - sequence.query_length);
    const std::int64_t first = args.causal && blind > 0 ? blind / kQueryTile * kQueryTile : 0;
    const float* share = shares + (part - 1) * query_elements(args);
    const std::int64_t row = sequence.query_begin + first;
    parallel_for(row * stride, (sequence.query_begin + sequence.query_length) * stride, 16384,
                 [&](std::int64_t from, std::int64_t to) {
                   for (std::int64_t i = from; i < to; ++i) args.dq[i] += share[i];
                 });
  }
}

// Adds up the shares of dbias of all tasks, in order; each task has those of the heads of one group.
void add_bias_shares(const AttentionBackward<float>& args, const float* shares) {
  const std::int64_t group = args.heads / args.key_value_heads;
  const std::int64_t distances = 2 * args.bias_span + 1;
  std::fill_n(args.dbias, distances * args.heads, 0.0f);
  const float* share = shares;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) {
    const std::int64_t parts = parts_of(args, args.sequences[s]);
    for (std::int64_t task = 0; task < args.key_value_heads * parts; ++task) {
      for (std::int64_t head = task / parts * group; head < (task / parts + 1) * group; ++head) {
        for (std::int64_t i = 0; i < distances; ++i) args.dbias[i * args.heads + head] += *share++;
      }
    }
  }
  for (std::int64_t i = 0; i < distances * args.heads; ++i) args.dbias[i] /= args.scale;
}

}  // namespace

std::int64_t attention_scratch(const AttentionBackward<float>& args) {
  std::int64_t bias_shares = 0;
  for (std::int64_t s = 0; args.dbias && s < args.sequence_count; ++s) {
    bias_shares += parts_of(args, args.sequences[s]) * args.heads * (2 * args.bias_span + 1);
  }
  return args.workers * worker_size(args) + (most_parts(args) - 1) * query_elements(args) + bias_shares;
}

void attention(Cpu, const AttentionBackward<float>& args) {
  const std::int64_t tasks =
      number_tasks(args, [&](const auto& sequence) { return args.key_value_heads * parts_of(args, sequence); });
  float* shares = args.scratch + args.workers * worker_size(args);
  float* bias_shares = shares + (most_parts(args) - 1) * query_elements(args);
  const std::int64_t bias_share = args.heads / args.key_value_heads * (2 * args.bias_span + 1);
  run_with_scratch(tasks, workers_for(args), args.scratch, worker_size(args), [&](std::int64_t task, float* scratch) {
    const std::int64_t s = sequence_of_task(args, task);
    const AttentionSequence<float>& sequence = args.sequences[s];
    const std::int64_t index = task - args.first_task[s];
    const std::int64_t parts = parts_of(args, sequence);
    const std::int64_t part = index % parts;
    float* dq = part == 0 ? args.dq : shares + (part - 1) * query_elements(args);
    HWY_DYNAMIC_DISPATCH(AttentionBackwardKeys)
    (args, sequence, index / parts, part_begin(args, sequence, part, parts),
     part_begin(args, sequence, part + 1, parts), dq, args.dbias ? bias_shares + task * bias_share : nullptr, scratch);
  });
  if (args.dbias) add_bias_shares(args, bias_shares);
  if (!args.dq) return;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) add_parts(args, args.sequences[s], shares);
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
