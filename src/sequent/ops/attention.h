// Scaled dot-product attention over packed sequences, tiled: memory grows linearly with length, never a
// length x length matrix (the online softmax of Milakov and Gimelshein, 2018; tiling of Dao et al., 2022).
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"
#include "sequent/tensor/segments.h"

namespace sequent {

struct AttentionOptions {
  std::int64_t heads;            // query heads
  std::int64_t key_value_heads;  // divides heads; each serves heads / key_value_heads consecutive query heads
  bool causal = true;
  float scale = 0.0f;  // of the scores; 0 means 1 / sqrt(head width)
};

/// y = softmax(scale * q k^T + bias + mask) v, per head.
/// q, y: [query tokens, heads * d]   k, v: [key tokens, key_value_heads * d]
/// Sequence i has queries.length(i) queries and keys.length(i) keys; its queries are the last positions, so with
/// `causal` query j of n sees keys 0 .. keys.length(i) - n + j, and there must be at least as many keys as queries.
/// bias: [2 * span + 1, heads], row span + d for keys d positions after the query (before it when negative); distances
/// beyond the span count as the span. Undefined: none.
/// Keeps q, k, v, y and one log-sum-exp per query and head for the backward pass.
Var attention(const Var& q, const Var& k, const Var& v, const Segments& queries, const Segments& keys,
              const AttentionOptions& options, const Var& bias = {});

/// The same without gradients, where the keys and values of each sequence lie in memory of their own (a cache):
/// keys[i], values[i]: [keys of sequence i, key_value_heads * d].
Tensor attention_with_cache(const Tensor& q, std::span<const Tensor> keys, std::span<const Tensor> values,
                            const Segments& queries, const AttentionOptions& options, const Tensor& bias = {});

}  // namespace sequent
