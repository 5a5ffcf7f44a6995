// The readable specification of kernels/attention.h, and the oracle of its tests: the whole matrix of weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sequent/kernels/attention.h"

namespace sequent::kernels::reference {

// Calls body(sequence, query row, head, first element of the key head, position, number of visible keys) for every
// query of every head.
template <class Args, class Body>
void for_each_attention_query(const Args& args, Body&& body) {
  const std::int64_t group = args.heads / args.key_value_heads;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) {
    const auto& sequence = args.sequences[s];
    for (std::int64_t i = 0; i < sequence.query_length; ++i) {
      const std::int64_t position = sequence.key_length - sequence.query_length + i;
      const std::int64_t seen = args.causal ? position + 1 : sequence.key_length;
      for (std::int64_t h = 0; h < args.heads; ++h) {
        body(sequence, sequence.query_begin + i, h, h / group * args.width, position, seen);
      }
    }
  }
}

template <class Real>
Real dot(const Real* a, const Real* b, std::int64_t size) {
  Real sum = 0;
  for (std::int64_t c = 0; c < size; ++c) sum += a[c] * b[c];
  return sum;
}

// scale * q . k_j + bias, for the query at the given position.
template <class Args, class Real>
Real attention_score(const Args& args, const Real* q, const Real* k, std::int64_t head, std::int64_t distance) {
  const Real score = args.scale * dot(q, k, args.width);
  return args.bias ? score + attention_bias(args, head, distance) : score;
}

template <class Real>
void attention(const AttentionForward<Real>& args) {
  const std::int64_t stride = args.key_value_heads * args.width;
  for_each_attention_query(args, [&](const auto& sequence, std::int64_t row, std::int64_t head, std::int64_t key_head,
                                     std::int64_t position, std::int64_t seen) {
    const Real* q = args.q + (row * args.heads + head) * args.width;
    Real* y = args.y + (row * args.heads + head) * args.width;
    std::vector<Real> weights(static_cast<std::size_t>(seen));
    for (std::int64_t j = 0; j < seen; ++j) {
      weights[j] = attention_score(args, q, sequence.key + j * stride + key_head, head, j - position);
    }
    const Real maximum = *std::max_element(weights.begin(), weights.end());
    Real sum = 0;
    for (Real& weight : weights) sum += weight = std::exp(weight - maximum);
    std::fill_n(y, args.width, Real(0));
    for (std::int64_t j = 0; j < seen; ++j) {
      const Real* v = sequence.value + j * stride + key_head;
      for (std::int64_t c = 0; c < args.width; ++c) y[c] += weights[j] / sum * v[c];
    }
    if (args.log_sum_exp) args.log_sum_exp[row * args.heads + head] = maximum + std::log(sum);
  });
}

// With p_j = exp(score_j - log_sum_exp) and ds_j = p_j * (dy . v_j - dy . y):
// dq = scale * sum_j ds_j k_j,  dk_j += scale * ds_j q,  dv_j += p_j dy,  dbias[distance of j] += ds_j.
template <class Real>
void attention(const AttentionBackward<Real>& args) {
  const std::int64_t stride = args.key_value_heads * args.width;
  if (args.dbias) std::fill_n(args.dbias, (2 * args.bias_span + 1) * args.heads, Real(0));
  for (std::int64_t s = 0; s < args.sequence_count; ++s) {
    const auto& sequence = args.sequences[s];
    std::fill_n(args.dk + sequence.key_begin * stride, sequence.key_length * stride, Real(0));
    std::fill_n(args.dv + sequence.key_begin * stride, sequence.key_length * stride, Real(0));
  }
  for_each_attention_query(args, [&](const auto& sequence, std::int64_t row, std::int64_t head, std::int64_t key_head,
                                     std::int64_t position, std::int64_t seen) {
    const std::int64_t at = (row * args.heads + head) * args.width;
    const Real* q = args.q + at;
    const Real* dy = args.dy + at;
    const Real constant = dot(dy, args.y + at, args.width);
    std::fill_n(args.dq + at, args.width, Real(0));
    for (std::int64_t j = 0; j < seen; ++j) {
      const Real* k = sequence.key + j * stride + key_head;
      const Real* v = sequence.value + j * stride + key_head;
      Real* dk = args.dk + (sequence.key_begin + j) * stride + key_head;
      Real* dv = args.dv + (sequence.key_begin + j) * stride + key_head;
      const Real score = attention_score(args, q, k, head, j - position);
      const Real p = std::exp(score - args.log_sum_exp[row * args.heads + head]);
      const Real ds = p * (dot(dy, v, args.width) - constant);
      for (std::int64_t c = 0; c < args.width; ++c) {
        args.dq[at + c] += args.scale * ds * k[c];
        dk[c] += args.scale * ds * q[c];
        dv[c] += p * dy[c];
      }
      if (!args.dbias) continue;
      const std::int64_t distance = std::clamp(j - position, -args.bias_span, args.bias_span);
      args.dbias[(distance + args.bias_span) * args.heads + head] += ds;
    }
  });
}

}  // namespace sequent::kernels::reference
