#include <cmath>
#include <limits>

#include "sequent/kernels/attention.h"
#include "sequent/kernels/cpu/attention_schedule.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/attention_forward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/attention_bias-inl.h"
#include "sequent/kernels/cpu/attention_tile-inl.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// A tile of queries on its way through the keys. Scores are in units of log 2.
struct ForwardState {
  float* q;        // [width, kQueryTile], scaled
  float* y;        // [width, kQueryTile], relative to maximum
  float* weight;   // [kKeyTile, kQueryTile], scores and then weights of the step
  float* maximum;  // [kQueryTile], of the scores so far
  float* sum;      // [kQueryTile], of the weights so far
  float* words;    // for products in bfloat16
};

// The maximum of `most` and one vector of columns of the scores; scores that a column may not see become -inf.
FloatVector MaximumOfColumns(const TileStep& step, float* scores, std::int64_t lane, FloatVector most) {
  const FloatTag d;
  std::int64_t j = 0;
  if (step.masked) {
    for (; j < step.keys; ++j) {
      const auto score =
          hn::IfThenElse(Visible(d, step, lane, j), hn::Load(d, scores + j * kQueryTile), hn::Set(d, kNone));
      hn::Store(score, d, scores + j * kQueryTile);
      most = hn::Max(most, score);
    }
    return most;
  }
  auto m1 = most, m2 = most, m3 = most;
  for (; j + 4 <= step.keys; j += 4) {
    most = hn::Max(most, hn::Load(d, scores + j * kQueryTile));
    m1 = hn::Max(m1, hn::Load(d, scores + (j + 1) * kQueryTile));
    m2 = hn::Max(m2, hn::Load(d, scores + (j + 2) * kQueryTile));
    m3 = hn::Max(m3, hn::Load(d, scores + (j + 3) * kQueryTile));
  }
  for (; j < step.keys; ++j) most = hn::Max(most, hn::Load(d, scores + j * kQueryTile));
  return hn::Max(hn::Max(most, m1), hn::Max(m2, m3));
}

// Turns the scores of a step into weights and brings what is summed so far to the new maximum.
void OnlineSoftmax(const TileStep& step, std::int64_t width, const ForwardState& state) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d);
  for (std::int64_t lane = 0; lane < step.columns; lane += lanes) {
    const std::int64_t at = step.column + lane;
    float* scores = state.weight + at;
    const auto before = hn::Load(d, state.maximum + at);
    const auto maximum = MaximumOfColumns(step, scores, lane, before);
    auto sum = hn::Zero(d);
    for (std::int64_t j = 0; j < step.keys; ++j) {
      const auto weight = ExpTwo(d, hn::Sub(hn::Load(d, scores + j * kQueryTile), maximum));
      hn::Store(weight, d, scores + j * kQueryTile);
      sum = hn::Add(sum, weight);
    }
    if (step.key > 0 && !hn::AllTrue(d, hn::Eq(before, maximum))) {
      const auto shrink = ExpTwo(d, hn::Sub(before, maximum));
      for (std::int64_t c = 0; c < width; ++c) {
        float* y = state.y + c * kQueryTile + at;
        hn::Store(hn::Mul(hn::Load(d, y), shrink), d, y);
      }
      hn::Store(hn::Mul(hn::Load(d, state.sum + at), shrink), d, state.sum + at);
    }
    hn::Store(hn::Add(hn::Load(d, state.sum + at), sum), d, state.sum + at);
    hn::Store(maximum, d, state.maximum + at);
  }
}

// One tile of queries of one head against all the keys it sees.
template <class Words>
void ForwardTile(const AttentionForward<float>& args, const AttentionSequence<float>& sequence, std::int64_t head,
                 std::int64_t tile_index, float* scratch) {
  const FloatTag d;
  const std::int64_t width = args.width;
  const std::int64_t stride = args.heads * width;
  const std::int64_t key_stride = args.key_value_heads * width;
  const std::int64_t key_head = head / (args.heads / args.key_value_heads) * width;
  const QueryTile tile = TileOf(args, sequence, tile_index);
  const std::int64_t row = sequence.query_begin + tile.begin;
  HWY_ALIGN float maximum[kQueryTile];
  HWY_ALIGN float sum[kQueryTile];
  std::fill_n(maximum, kQueryTile, kNone);
  std::fill_n(sum, kQueryTile, 0.0f);
  const ForwardState state{.q = scratch,
                           .y = scratch + width * kQueryTile,
                           .weight = scratch + 2 * width * kQueryTile,
                           .maximum = maximum,
                           .sum = sum,
                           .words = scratch + (2 * width + kKeyTile) * kQueryTile};
  PackColumns(tile, args.q + row * stride + head * width, stride, width, args.scale * kLogTwoOfE, state.q);
  // Every column sees the first key, so the first step writes all of y and later ones add to it.
  ForEachStep(tile, args.causal, 0, tile.limit, [&](const TileStep& step) HWY_ATTR {
    const float* key = sequence.key + step.key * key_stride + key_head;
    const float* value = sequence.value + step.key * key_stride + key_head;
    SumOverChannels<Words>(step, key, key_stride, width, state.q, state.weight, state.words);
    if (args.bias) AddBias(args, tile, step, head, state.weight);
    OnlineSoftmax(step, width, state);
    SumOverKeys<Words>(step, value, key_stride, width, state.weight, step.key > 0, state.y, state.words);
  });
  for (std::int64_t at = 0; at < tile.columns; at += LanesOf(d)) {
    const auto inverse = hn::Div(hn::Set(d, 1.0f), hn::Load(d, sum + at));
    for (std::int64_t c = 0; c < width; ++c) {
      float* y = state.y + c * kQueryTile + at;
      hn::Store(hn::Mul(hn::Load(d, y), inverse), d, y);
    }
  }
  Transpose(state.y, kQueryTile, width, tile.count, 1.0f, args.y + row * stride + head * width, stride);
  if (!args.log_sum_exp) return;
  for (std::int64_t i = 0; i < tile.count; ++i) {
    args.log_sum_exp[(row + i) * args.heads + head] = maximum[i] * kLogOfTwo + std::log(sum[i]);
  }
}

}  // namespace

void AttentionForwardTile(const AttentionForward<float>& args, const AttentionSequence<float>& sequence,
                          std::int64_t head, std::int64_t tile, float* scratch) {
  WithWords(args.precision,
            [&](auto words) HWY_ATTR { ForwardTile<decltype(words)>(args, sequence, head, tile, scratch); });
}

// The only query of a sequence, for all query heads of one key head, against keys [begin, end): y without division by
// the sum, the maximum and the sum of each head. weight: scratch [heads, kDecodeKeys].
void AttentionOneQuery(const AttentionForward<float>& args, const AttentionSequence<float>& sequence,
                       std::int64_t key_value_head, std::int64_t begin, std::int64_t end, float* y, float* maximum,
                       float* sum, float* weight) {
  const FloatTag d;
  const std::int64_t width = args.width;
  const std::int64_t group = args.heads / args.key_value_heads;
  const std::int64_t key_stride = args.key_value_heads * width;
  const float* key = sequence.key + begin * key_stride + key_value_head * width;
  const float* value = sequence.value + begin * key_stride + key_value_head * width;
  const float* q = args.q + (sequence.query_begin * args.heads + key_value_head * group) * width;
  const std::int64_t keys = end - begin;
  // Keys outside, heads inside: each key is fetched from memory once.
  for (std::int64_t j = 0; j < keys; ++j) {
    for (std::int64_t g = 0; g < group; ++g) {
      weight[g * kDecodeKeys + j] = Dot(d, q + g * width, key + j * key_stride, width);
    }
  }
  const auto scale = hn::Set(d, args.scale * kLogTwoOfE);
  for (std::int64_t g = 0; g < group; ++g) {
    float* scores = weight + g * kDecodeKeys;
    if (args.bias) {
      // Over the scale, because the scores are not scaled yet.
      const std::int64_t first = begin - (sequence.key_length - 1);
      for (std::int64_t j = 0; j < keys; ++j) {
        scores[j] += attention_bias(args, key_value_head * group + g, first + j) / args.scale;
      }
    }
    auto most = hn::Set(d, kNone);
    ForEachVector(d, keys, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
      // Past the last key the vector repeats a real score as far as the maximum is concerned.
      const auto score = hn::Mul(scale, LoadUpTo(d, scores + j, count));
      const auto real = hn::Lt(hn::Iota(d, 0.0f), hn::Set(d, static_cast<float>(count)));
      most = hn::Max(most, hn::IfThenElse(real, score, most));
      StoreUpTo(d, score, scores + j, count);
    });
    maximum[g] = MaximumOf(d, most);
    const auto shift = hn::Set(d, maximum[g]);
    auto total = hn::Zero(d);
    ForEachVector(d, keys, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
      const auto real = hn::Lt(hn::Iota(d, 0.0f), hn::Set(d, static_cast<float>(count)));
      const auto w = hn::IfThenElseZero(real, ExpTwo(d, hn::Sub(LoadUpTo(d, scores + j, count), shift)));
      total = hn::Add(total, w);
      StoreUpTo(d, w, scores + j, count);
    });
    sum[g] = SumOf(d, total);
  }
  MultiplyTile({.a = weight,
                .a_row = kDecodeKeys,
                .a_column = 1,
                .b = value,
                .b_row = key_stride,
                .c = y,
                .c_row = width,
                .rows = group,
                .columns = width,
                .inner = keys,
                .add = false});
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

HWY_EXPORT(AttentionForwardTile);
HWY_EXPORT(AttentionOneQuery);

// Generation asks for one query per sequence, which would leave a tile nearly empty.
bool one_query(const AttentionSequence<float>& sequence) {
  return sequence.query_length == 1;
}

std::int64_t tasks_of(const AttentionForward<float>& args, const AttentionSequence<float>& sequence) {
  return one_query(sequence) ? args.key_value_heads * tiles_of(sequence.key_length, kDecodeKeys)
                             : args.heads * tiles_of(sequence.query_length, kQueryTile);
}

std::int64_t group_of(const AttentionForward<float>& args) {
  return args.heads / args.key_value_heads;
}

// A piece of keys leaves y, maximum and sum of each head of its group.
std::int64_t piece_size(const AttentionForward<float>& args) {
  return group_of(args) * (args.width + 2);
}

std::int64_t worker_size(const AttentionForward<float>& args) {
  const std::int64_t tile = (2 * args.width + kKeyTile) * kQueryTile + rounding_scratch(args.width, args.precision);
  return (std::max(tile, group_of(args) * kDecodeKeys) + 15) / 16 * 16;
}

void run_task(const AttentionForward<float>& args, std::int64_t task, float* pieces, float* scratch) {
  const std::int64_t s = sequence_of_task(args, task);
  const AttentionSequence<float>& sequence = args.sequences[s];
  const std::int64_t index = task - args.first_task[s];
  if (one_query(sequence)) {
    const std::int64_t count = tiles_of(sequence.key_length, kDecodeKeys);
    const std::int64_t begin = index % count * kDecodeKeys;
    const std::int64_t group = group_of(args);
    float* y = pieces + task * piece_size(args);
    HWY_DYNAMIC_DISPATCH(AttentionOneQuery)
    (args, sequence, index / count, begin, std::min(begin + kDecodeKeys, sequence.key_length), y,
     y + group * args.width, y + group * (args.width + 1), scratch);
    return;
  }
  // The last tiles of a causal sequence see the most keys: first, so that no thread ends with a long one alone.
  const std::int64_t tiles = tiles_of(sequence.query_length, kQueryTile);
  HWY_DYNAMIC_DISPATCH(AttentionForwardTile)
  (args, sequence, index % args.heads, tiles - 1 - index / args.heads, scratch);
}

// Puts the pieces of one head of a single query together, in order.
void join_pieces(const AttentionForward<float>& args, std::int64_t s, std::int64_t head, const float* pieces) {
  const AttentionSequence<float>& sequence = args.sequences[s];
  const std::int64_t group = group_of(args);
  const std::int64_t count = tiles_of(sequence.key_length, kDecodeKeys);
  const float* first = pieces + (args.first_task[s] + head / group * count) * piece_size(args);
  const auto part = [&](std::int64_t piece) { return first + piece * piece_size(args) + head % group * args.width; };
  const auto maximum_of = [&](std::int64_t piece) {
    return first[piece * piece_size(args) + group * args.width + head % group];
  };
  float maximum = maximum_of(0);
  for (std::int64_t piece = 1; piece < count; ++piece) maximum = std::max(maximum, maximum_of(piece));
  float* y = args.y + (sequence.query_begin * args.heads + head) * args.width;
  std::fill_n(y, args.width, 0.0f);
  float sum = 0;
  for (std::int64_t piece = 0; piece < count; ++piece) {
    const float factor = std::exp2(maximum_of(piece) - maximum);
    sum += factor * first[piece * piece_size(args) + group * (args.width + 1) + head % group];
    for (std::int64_t c = 0; c < args.width; ++c) y[c] += factor * part(piece)[c];
  }
  for (std::int64_t c = 0; c < args.width; ++c) y[c] /= sum;
  if (args.log_sum_exp) {
    args.log_sum_exp[sequence.query_begin * args.heads + head] = maximum * kLogOfTwo + std::log(sum);
  }
}

}  // namespace

std::int64_t attention_scratch(const AttentionForward<float>& args) {
  // Pieces are found by the number of their task, so they take room for every task up to the last that leaves one.
  std::int64_t tasks = 0;
  std::int64_t piece_tasks = 0;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) {
    tasks += tasks_of(args, args.sequences[s]);
    if (one_query(args.sequences[s])) piece_tasks = tasks;
  }
  return args.workers * worker_size(args) + piece_tasks * piece_size(args);
}

void attention(Cpu, const AttentionForward<float>& args) {
  const std::int64_t tasks = number_tasks(args, [&](const auto& sequence) { return tasks_of(args, sequence); });
  float* pieces = args.scratch + args.workers * worker_size(args);
  run_with_scratch(tasks, workers_for(args), args.scratch, worker_size(args),
                   [&](std::int64_t task, float* scratch) { run_task(args, task, pieces, scratch); });
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / (args.heads * args.width));
  parallel_for(0, args.sequence_count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s) {
      if (!one_query(args.sequences[s])) continue;
      for (std::int64_t head = 0; head < args.heads; ++head) join_pieces(args, s, head, pieces);
    }
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
