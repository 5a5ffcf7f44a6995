// A case of attention in any number type, and the layouts that its forward and backward kernels are both tried on.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/attention.h"
#include "sequent/kernels/reference/attention.h"
#include "tests/support/values.h"

namespace sequent::test {

struct AttentionLayout {
  std::vector<std::pair<std::int64_t, std::int64_t>> lengths;  // queries and keys of each sequence
  std::int64_t heads = 1;
  std::int64_t key_value_heads = 1;
  std::int64_t width = 4;
  bool causal = true;
  double deviation = 1.0;
  double scale = 0.3;
  std::int64_t bias_span = -1;  // no bias if negative
  kernels::ProductPrecision precision = kernels::ProductPrecision::float32;
};

template <class Real>
struct AttentionCase {
  AttentionLayout layout;
  std::int64_t queries = 0, keys = 0;
  std::vector<Real> q, k, v, dy, bias, y, log_sum_exp, dq, dk, dv, dbias, scratch;
  std::vector<kernels::AttentionSequence<Real>> sequences;
  std::vector<std::int64_t> first_task;

  explicit AttentionCase(AttentionLayout layout_) : layout(std::move(layout_)) {
    for (const auto& [query_length, key_length] : layout.lengths) {
      queries += query_length;
      keys += key_length;
    }
    const auto values = [](std::int64_t count, const char* name, double deviation) {
      const std::vector<double> doubles = random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t row = layout.heads * layout.width;
    const std::int64_t key_row = layout.key_value_heads * layout.width;
    q = values(queries * row, "q", layout.deviation);
    k = values(keys * key_row, "k", layout.deviation);
    v = values(keys * key_row, "v", 1.0);
    dy = values(queries * row, "dy", 1.0);
    if (layout.bias_span >= 0) bias = values((2 * layout.bias_span + 1) * layout.heads, "bias", 1.0);
    // What a kernel must write is not a number until it does.
    const Real unset = std::numeric_limits<Real>::quiet_NaN();
    for (auto* output : {&y, &dq}) output->assign(q.size(), unset);
    for (auto* output : {&dk, &dv}) output->assign(k.size(), unset);
    dbias.assign(bias.size(), unset);
    log_sum_exp.assign(queries * layout.heads, unset);
    first_task.resize(layout.lengths.size() + 1);
    place();
  }
  void place() {
    sequences.clear();
    std::int64_t query = 0, key = 0;
    const std::int64_t key_row = layout.key_value_heads * layout.width;
    for (const auto& [query_length, key_length] : layout.lengths) {
      sequences.push_back({query, query_length, k.data() + key * key_row, v.data() + key * key_row, key_length, key});
      query += query_length;
      key += key_length;
    }
  }
  kernels::AttentionForward<Real> forward() {
    return {.q = q.data(),
            .y = y.data(),
            .log_sum_exp = log_sum_exp.data(),
            .sequences = sequences.data(),
            .sequence_count = static_cast<std::int64_t>(sequences.size()),
            .heads = layout.heads,
            .key_value_heads = layout.key_value_heads,
            .width = layout.width,
            .scale = Real(layout.scale),
            .causal = layout.causal,
            .workers = thread_count(),
            .first_task = first_task.data(),
            .scratch = nullptr,
            .bias = bias.empty() ? nullptr : bias.data(),
            .bias_span = layout.bias_span,
            .precision = layout.precision};
  }
  kernels::AttentionBackward<Real> backward() {
    return {.q = q.data(),
            .y = y.data(),
            .log_sum_exp = log_sum_exp.data(),
            .dy = dy.data(),
            .dq = dq.data(),
            .dk = dk.data(),
            .dv = dv.data(),
            .sequences = sequences.data(),
            .sequence_count = static_cast<std::int64_t>(sequences.size()),
            .heads = layout.heads,
            .key_value_heads = layout.key_value_heads,
            .width = layout.width,
            .scale = Real(layout.scale),
            .causal = layout.causal,
            .workers = thread_count(),
            .first_task = first_task.data(),
            .scratch = nullptr,
            .bias = bias.empty() ? nullptr : bias.data(),
            .bias_span = layout.bias_span,
            .dbias = bias.empty() ? nullptr : dbias.data(),
            .precision = layout.precision};
  }
  template <class Args>
  void run(Args args) {
    if constexpr (std::is_same_v<Real, double>) {
      kernels::reference::attention(args);
    } else {
      // Aligned as tensors are; full of NaN, since scratch holds whatever was there before.
      const std::int64_t size = kernels::attention_scratch(args);
      const Tensor memory = Tensor::full({size}, std::numeric_limits<float>::quiet_NaN());
      args.scratch = memory.mutable_floats();
      kernels::attention(kernels::Cpu{}, args);
    }
  }
  void run() {
    run(forward());
    run(backward());
  }

  /// The same numbers as in sequence `index` of this case, with nothing beside it.
  AttentionCase alone(std::size_t index) const {
    AttentionLayout of_one = layout;
    of_one.lengths = {layout.lengths[index]};
    AttentionCase result(of_one);
    result.q = part(q, index);
    result.dy = part(dy, index);
    result.k = part(k, index);
    result.v = part(v, index);
    result.place();
    return result;
  }

  /// The rows of sequence `index` in one of the tensors here.
  std::vector<Real> part(const std::vector<Real>& all, std::size_t index) const {
    const bool of_keys = &all == &k || &all == &v || &all == &dk || &all == &dv;
    const std::int64_t width = static_cast<std::int64_t>(all.size()) / (of_keys ? keys : queries);
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < index; ++i) begin += of_keys ? layout.lengths[i].second : layout.lengths[i].first;
    const std::int64_t rows = of_keys ? layout.lengths[index].second : layout.lengths[index].first;
    return {all.begin() + begin * width, all.begin() + (begin + rows) * width};
  }
};

inline std::vector<AttentionLayout> attention_layouts_of_every_width() {
  std::vector<AttentionLayout> layouts;
  for (const std::int64_t width : {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 80, 100, 256}) {
    for (const bool causal : {true, false}) {
      layouts.push_back({.lengths = {{19, 19}, {1, 3}, {5, 40}, {1, 1}},
                         .heads = 2,
                         .key_value_heads = 1,
                         .width = width,
                         .causal = causal,
                         .scale = 1 / std::sqrt(double(width))});
    }
  }
  return layouts;
}

inline std::vector<AttentionLayout> attention_layouts_at_tile_boundaries() {
  std::vector<AttentionLayout> layouts;
  for (const std::int64_t queries : {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 200}) {
    for (const std::int64_t earlier : {0, 1, 63, 64, 130}) {
      layouts.push_back({.lengths = {{queries, queries + earlier}}, .width = 5});
    }
  }
  return layouts;
}

inline std::vector<AttentionLayout> attention_layouts_with_grouped_heads() {
  std::vector<AttentionLayout> layouts;
  for (const std::int64_t key_value_heads : {1, 2, 3, 6}) {
    layouts.push_back({.lengths = {{70, 70}, {1, 90}}, .heads = 6, .key_value_heads = key_value_heads, .width = 16});
  }
  return layouts;
}

/// Long enough for several parts of keys in the backward pass and for several pieces of a single query.
inline std::vector<AttentionLayout> attention_layouts_in_parts() {
  std::vector<AttentionLayout> layouts;
  for (const bool causal : {true, false}) {
    layouts.push_back({.lengths = {{2100, 2100}}, .width = 8, .causal = causal});
    layouts.push_back({.lengths = {{700, 2600}, {1, 2300}}, .width = 8, .causal = causal});
  }
  return layouts;
}

inline AttentionLayout attention_layout_of_short_sequences() {
  AttentionLayout layout{.lengths = {}, .heads = 2, .key_value_heads = 2, .width = 12};
  for (std::int64_t i = 0; i < 100; ++i) layout.lengths.push_back({1 + i % 9, 1 + i % 9 + i % 4});
  return layout;
}

/// A relative bias: spans within a tile and beyond it, none at all but the sign, as many keys as queries and not.
inline std::vector<AttentionLayout> attention_layouts_with_bias() {
  std::vector<AttentionLayout> layouts;
  for (const bool causal : {true, false}) {
    for (const std::int64_t span : {0, 1, 5, 31, 128}) {
      layouts.push_back({.lengths = {{70, 70}, {1, 90}, {33, 150}, {1, 1}, {200, 200}},
                         .heads = 4,
                         .key_value_heads = 2,
                         .width = 7,
                         .causal = causal,
                         .bias_span = span});
    }
    layouts.push_back({.lengths = {{700, 2600}, {1, 2300}}, .width = 8, .causal = causal, .bias_span = 128});
  }
  // A decoder's queries against an encoder's keys may outnumber them.
  layouts.push_back({.lengths = {{90, 3}, {1, 5}, {5, 1}}, .heads = 2, .key_value_heads = 2, .causal = false});
  return layouts;
}

/// Some of each kind above, but for the longest.
inline std::vector<AttentionLayout> attention_layouts_in_bfloat16() {
  std::vector<AttentionLayout> layouts = {attention_layout_of_short_sequences()};
  for (const auto& group :
       {attention_layouts_of_every_width(), attention_layouts_with_grouped_heads(), attention_layouts_with_bias()}) {
    std::copy_if(group.begin(), group.end(), std::back_inserter(layouts),
                 [](const AttentionLayout& layout) { return layout.lengths.front().second < 200; });
  }
  for (AttentionLayout& layout : layouts) layout.precision = kernels::ProductPrecision::bfloat16;
  return layouts;
}

/// Scores of ten thousand. The keys differ little from one another, so that several of them weigh nevertheless.
template <class Real>
AttentionCase<Real> attention_case_of_large_scores() {
  const AttentionLayout layout{.lengths = {{80, 80}, {1, 50}}, .width = 16, .deviation = 60.0, .scale = 1.0};
  const AttentionCase<double> drawn(layout);
  AttentionCase<Real> result(layout);
  for (std::size_t i = 16; i < result.k.size(); ++i) {
    result.k[i] = static_cast<float>(drawn.k[i % 16] + drawn.k[i] * 1e-4);
  }
  return result;
}

inline std::vector<AttentionLayout> attention_layouts_for_threads() {
  std::vector<AttentionLayout> layouts = {
      {.lengths = {{1500, 1500}}, .width = 16},
      {.lengths = {{1, 5000}}, .width = 64},
      {.lengths = {{100, 100}, {200, 300}, {1, 2000}}, .heads = 4, .key_value_heads = 2, .width = 16},
      {.lengths = {{1500, 1500}, {70, 70}, {1, 3000}}, .heads = 2, .key_value_heads = 2, .bias_span = 20}};
  layouts.push_back(layouts.back());
  layouts.back().precision = kernels::ProductPrecision::bfloat16;
  return layouts;
}

}  // namespace sequent::test
