// Scaled dot-product attention in tiles: no length x length matrix (Dao et al., "FlashAttention", 2022; backward pass
// as in Dao, "FlashAttention-2", 2023, algorithm 2). Queries are packed; the keys of each sequence may lie anywhere.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/kernels/product_precision.h"

namespace sequent::kernels {

/// One sequence: its queries are rows of the packed q, its keys and values rows of their own, key_value_heads * width
/// apart. The queries are its last positions, query j at position key_length - query_length + j: with a causal mask it
/// sees the keys up to there.
template <class Real>
struct AttentionSequence {
  std::int64_t query_begin;
  std::int64_t query_length;
  const Real* key;    // [key_length, key_value_heads * width]
  const Real* value;  // [key_length, key_value_heads * width]
  std::int64_t key_length;
  std::int64_t key_begin = 0;  // where its rows begin in dk and dv; only the backward pass asks
};

/// y = softmax(scale * q k^T + bias + mask) v, per head; each key head serves heads / key_value_heads consecutive query
/// heads. The bias of a head depends on key position minus query position alone, clamped to [-bias_span, bias_span]
/// (Raffel et al., "Exploring the limits of transfer learning", 2020, section 2.1).
template <class Real>
struct AttentionForward {
  const Real* q;      // [query tokens, heads * width]
  Real* y;            // [query tokens, heads * width]
  Real* log_sum_exp;  // [query tokens, heads], of the scaled scores, kept for the backward pass; may be null
  const AttentionSequence<Real>* sequences;
  std::int64_t sequence_count;
  std::int64_t heads;
  std::int64_t key_value_heads;
  std::int64_t width;
  Real scale;
  bool causal;
  std::int64_t workers;        // tasks that may run at once, each with scratch of its own
  std::int64_t* first_task;    // [sequence_count + 1], scratch
  Real* scratch;               // [attention_scratch(args)]
  const Real* bias = nullptr;  // [2 * bias_span + 1, heads]; may be null
  std::int64_t bias_span = 0;
  ProductPrecision precision = ProductPrecision::float32;  // of both products; one query is always read in float32
};

template <class Real>
struct AttentionBackward {
  const Real* q;            // [query tokens, heads * width]
  const Real* y;            // [query tokens, heads * width]
  const Real* log_sum_exp;  // [query tokens, heads]
  const Real* dy;           // [query tokens, heads * width]
  Real* dq;                 // [query tokens, heads * width], written; may be null
  Real* dk;                 // [key tokens, key_value_heads * width], written; may be null
  Real* dv;                 // [key tokens, key_value_heads * width], written; may be null
  const AttentionSequence<Real>* sequences;
  std::int64_t sequence_count;
  std::int64_t heads;
  std::int64_t key_value_heads;
  std::int64_t width;
  Real scale;
  bool causal;
  std::int64_t workers;
  std::int64_t* first_task;    // [sequence_count + 1], scratch
  Real* scratch;               // [attention_scratch(args)]
  const Real* bias = nullptr;  // as in the forward pass
  std::int64_t bias_span = 0;
  Real* dbias = nullptr;                                   // [2 * bias_span + 1, heads], written; may be null
  ProductPrecision precision = ProductPrecision::float32;  // of all five products
};

/// The bias of a head at a distance, key position minus query position.
template <class Args>
auto attention_bias(const Args& args, std::int64_t head, std::int64_t distance) {
  return args.bias[(std::clamp(distance, -args.bias_span, args.bias_span) + args.bias_span) * args.heads + head];
}

/// Elements of scratch the kernel needs for these arguments; first_task and scratch are not read.
std::int64_t attention_scratch(const AttentionForward<float>& args);
std::int64_t attention_scratch(const AttentionBackward<float>& args);

void attention(Cpu, const AttentionForward<float>& args);
void attention(Cpu, const AttentionBackward<float>& args);

}  // namespace sequent::kernels
