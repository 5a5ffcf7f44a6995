#include "sequent/ops/attention.h"

#include <cmath>
#include <vector>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/attention.h"

namespace sequent {
namespace {

using Sequences = std::vector<kernels::AttentionSequence<float>>;

// What every call checks first; returns the width of a head.
std::int64_t head_width(const Tensor& q, const Segments& queries, const AttentionOptions& options) {
  check(options.heads >= 1 && options.key_value_heads >= 1 && options.heads % options.key_value_heads == 0,
        "attention: heads must be a multiple of key_value_heads, got {} and {}", options.heads,
        options.key_value_heads);
  check(q.shape().rank() == 2 && q.columns() > 0 && q.columns() % options.heads == 0,
        "attention: q must be [tokens, {} heads * width], got {}", options.heads, to_string(q.shape()));
  expect_shape("attention", "q", q, {queries.tokens(), q.columns()});
  return q.columns() / options.heads;
}

float scale_of(const AttentionOptions& options, std::int64_t width) {
  return options.scale == 0.0f ? 1.0f / std::sqrt(static_cast<float>(width)) : options.scale;
}

void check_lengths(const AttentionOptions& options, std::int64_t sequence, std::int64_t keys, std::int64_t queries) {
  check(!options.causal || keys >= queries,
        "attention: sequence {} must have at least as many keys as queries, got {} and {}", sequence, keys, queries);
}

void check_bias(const Tensor& bias, const AttentionOptions& options) {
  if (!bias.defined()) return;
  check(bias.shape().rank() == 2 && bias.rows() % 2 == 1 && bias.columns() == options.heads,
        "attention: the bias must be [2 * span + 1, {} heads], got {}", options.heads, to_string(bias.shape()));
}

Sequences packed_sequences(const Tensor& k, const Tensor& v, const Segments& queries, const Segments& keys,
                           const AttentionOptions& options) {
  check(queries.count() == keys.count(), "attention: queries and keys must have as many sequences, got {} and {}",
        queries.count(), keys.count());
  Sequences sequences;
  sequences.reserve(static_cast<std::size_t>(queries.count()));
  for (std::int64_t i = 0; i < queries.count(); ++i) {
    check_lengths(options, i, keys.length(i), queries.length(i));
    sequences.push_back({.query_begin = queries.begin(i),
                         .query_length = queries.length(i),
                         .key = k.floats() + keys.begin(i) * k.columns(),
                         .value = v.floats() + keys.begin(i) * v.columns(),
                         .key_length = keys.length(i),
                         .key_begin = keys.begin(i)});
  }
  return sequences;
}

// Runs a kernel with the scratch it asks for.
template <class Args>
void run(Args args, const Sequences& sequences, const Tensor& bias, ProductPrecision precision) {
  args.precision = precision;
  if (bias.defined()) {
    args.bias = bias.floats();
    args.bias_span = bias.rows() / 2;
  }
  args.sequences = sequences.data();
  args.sequence_count = static_cast<std::int64_t>(sequences.size());
  args.workers = thread_count();
  const Tensor first_task = Tensor::empty({args.sequence_count + 1}, DType::i64);
  const Tensor scratch = Tensor::empty({kernels::attention_scratch(args)});
  args.first_task = first_task.mutable_data<std::int64_t>();
  args.scratch = scratch.mutable_floats();
  kernels::attention(kernels::Cpu{}, args);
}

kernels::AttentionForward<float> forward_args(const Tensor& q, const Tensor& y, const Tensor& log_sum_exp,
                                              std::int64_t width, const AttentionOptions& options) {
  return {.q = q.floats(),
          .y = y.mutable_floats(),
          .log_sum_exp = log_sum_exp.defined() ? log_sum_exp.mutable_floats() : nullptr,
          .sequences = nullptr,
          .sequence_count = 0,
          .heads = options.heads,
          .key_value_heads = options.key_value_heads,
          .width = width,
          .scale = scale_of(options, width),
          .causal = options.causal,
          .workers = 1,
          .first_task = nullptr,
          .scratch = nullptr};
}

float* gradient_memory(const Tensor& gradient) {
  return gradient.defined() ? gradient.mutable_floats() : nullptr;
}

}  // namespace

Var attention(const Var& q, const Var& k, const Var& v, const Segments& queries, const Segments& keys,
              const AttentionOptions& options, const Var& bias) {
  const std::int64_t width = head_width(q.value(), queries, options);
  const Tensor bias_values = bias.defined() ? bias.value() : Tensor();
  check_bias(bias_values, options);
  expect_shape("attention", "k", k.value(), {keys.tokens(), options.key_value_heads * width});
  expect_shape("attention", "v", v.value(), {keys.tokens(), options.key_value_heads * width});
  Sequences sequences = packed_sequences(k.value(), v.value(), queries, keys, options);
  const Tensor y = Tensor::empty(q.shape());
  const Tensor log_sum_exp = recording({q, k, v, bias}) ? Tensor::empty({q.rows(), options.heads}) : Tensor();
  run(forward_args(q.value(), y, log_sum_exp, width, options), sequences, bias_values, product_precision());
  return record(y, {q, k, v, bias},
                [q, k, v, bias, bias_values, y, log_sum_exp, width, options, sequences,
                 precision = product_precision()](const Tensor& dy) {
                  const Tensor dbias = bias.wants_gradient() ? Tensor::empty(bias.shape()) : Tensor();
                  const Tensor dq = q.wants_gradient() ? Tensor::empty(q.shape()) : Tensor();
                  const Tensor dk = k.wants_gradient() ? Tensor::empty(k.shape()) : Tensor();
                  const Tensor dv = v.wants_gradient() ? Tensor::empty(v.shape()) : Tensor();
                  run(kernels::AttentionBackward<float>{.q = q.value().floats(),
                                                        .y = y.floats(),
                                                        .log_sum_exp = log_sum_exp.floats(),
                                                        .dy = dy.floats(),
                                                        .dq = gradient_memory(dq),
                                                        .dk = gradient_memory(dk),
                                                        .dv = gradient_memory(dv),
                                                        .sequences = nullptr,
                                                        .sequence_count = 0,
                                                        .heads = options.heads,
                                                        .key_value_heads = options.key_value_heads,
                                                        .width = width,
                                                        .scale = scale_of(options, width),
                                                        .causal = options.causal,
                                                        .workers = 1,
                                                        .first_task = nullptr,
                                                        .scratch = nullptr,
                                                        .dbias = gradient_memory(dbias)},
                      sequences, bias_values, precision);
                  q.accumulate(dq);
                  k.accumulate(dk);
                  v.accumulate(dv);
                  bias.accumulate(dbias);
                });
}

Tensor attention_with_cache(const Tensor& q, std::span<const Tensor> keys, std::span<const Tensor> values,
                            const Segments& queries, const AttentionOptions& options, const Tensor& bias) {
  const std::int64_t width = head_width(q, queries, options);
  check_bias(bias, options);
  const auto count = static_cast<std::size_t>(queries.count());
  check(keys.size() == count && values.size() == count,
        "attention: keys and values must be one per sequence, got {} and {} for {}", keys.size(), values.size(), count);
  Sequences sequences;
  sequences.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const Shape expected = {keys[i].size(0), options.key_value_heads * width};
    expect_shape("attention", "keys", keys[i], expected);
    expect_shape("attention", "values", values[i], expected);
    check_lengths(options, index, keys[i].size(0), queries.length(index));
    sequences.push_back({.query_begin = queries.begin(index),
                         .query_length = queries.length(index),
                         .key = keys[i].floats(),
                         .value = values[i].floats(),
                         .key_length = keys[i].size(0)});
  }
  const Tensor y = Tensor::empty(q.shape());
  run(forward_args(q, y, Tensor(), width, options), sequences, bias, product_precision());
  return y;
}

}  // namespace sequent
