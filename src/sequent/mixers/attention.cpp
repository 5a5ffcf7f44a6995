#include "sequent/mixers/attention.h"

#include <algorithm>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/ops/attention.h"
#include "sequent/ops/rotary.h"
#include "sequent/ops/rows.h"

namespace sequent {
namespace {

// Entries of the state.
constexpr std::size_t kKeys = 0;
constexpr std::size_t kValues = 1;

Linear projection(std::int64_t inputs, std::int64_t outputs, bool bias, float deviation, const ParameterScope& scope) {
  return {inputs, outputs, {.bias = bias, .weight = initialize::normal(deviation)}, scope};
}

// Within the window it makes no difference; beyond, the result would silently be another model's.
void expect_within_window(std::int64_t window, const Segments& segments, std::span<MixerState* const> states) {
  for (std::int64_t i = 0; window > 0 && i < segments.count(); ++i) {
    const std::int64_t before = states.empty() ? 0 : states[static_cast<std::size_t>(i)]->position;
    check(before + segments.length(i) <= window,
          "attention: this model's window is {} tokens, longer sequences are not supported, got {}", window,
          before + segments.length(i));
  }
}

// Adds rows at the end of a cache. Memory grows by doubling and is written in place only while nobody shares it, so
// copies of a state stay what they were.
Tensor append(Var& entry, const Tensor& rows) {
  Tensor cache = entry.value();
  entry = Var();
  const std::int64_t used = cache.size(0);
  const std::int64_t needed = used + rows.size(0);
  if (!cache.unique() || cache.capacity() < needed * rows.size(1)) {
    const Tensor larger = Tensor::empty({std::max(2 * used, needed), rows.size(1)});
    larger.slice(0, used).copy_from(cache);
    cache = larger;
  }
  cache = cache.extend(needed);
  cache.slice(used, needed).copy_from(rows);
  entry = Var(cache);
  return cache;
}

}  // namespace

std::vector<Field> AttentionConfig::fields() {
  return {{"heads", &heads},
          {"key_value_heads", &key_value_heads},
          {"head_width", &head_width},
          {"rope_base", &rope_base},
          {"bias", &bias},
          {"window", &window},
          {"causal", &causal},
          descriptive("weight_deviation", &weight_deviation),
          descriptive("residual_deviation", &residual_deviation)};
}

void AttentionConfig::validate() const {
  expect_positive("heads", heads);
  expect_positive("key-value heads", key_value_heads);
  expect_positive("head width", head_width);
  check(heads % key_value_heads == 0, "model: key-value heads must divide heads, got {} and {}", key_value_heads,
        heads);
  check(rope_base == 0 || head_width % 2 == 0, "model: rotary positions need an even head width, got {}", head_width);
}

Attention::Attention(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      q_proj_(
          projection(width, config.heads * config.head_width, config.bias, config.weight_deviation, scope("q_proj"))),
      k_proj_(projection(width, config.key_value_heads * config.head_width, config.bias, config.weight_deviation,
                         scope("k_proj"))),
      v_proj_(projection(width, config.key_value_heads * config.head_width, config.bias, config.weight_deviation,
                         scope("v_proj"))),
      o_proj_(projection(config.heads * config.head_width, width, config.bias, config.residual_deviation,
                         scope("o_proj"))) {}

Var Attention::forward(const Var& x, const Segments& segments, std::span<MixerState* const> states) const {
  expect_states("attention", segments, states);
  check(states.empty() || config_.causal, "attention: only causal attention can continue from a state");
  expect_within_window(config_.window, segments, states);
  Var q = q_proj_(x);
  Var k = k_proj_(x);
  const Var v = v_proj_(x);
  if (config_.rope_base > 0) {
    const std::vector<std::int64_t> positions = positions_of(segments, states);
    q = rotary(q, positions, {config_.heads, config_.rope_base});
    k = rotary(k, positions, {config_.key_value_heads, config_.rope_base});
  }
  if (states.empty()) {
    return o_proj_(attention(q, k, v, segments, segments, {config_.heads, config_.key_value_heads, config_.causal}));
  }
  const bool differentiable = recording({q, k, v, states[0]->entries[kKeys].value});
  const Var y =
      differentiable ? with_differentiable_states(q, k, v, segments, states) : with_caches(q, k, v, segments, states);
  advance_positions(states, segments);
  return o_proj_(y);
}

Var Attention::with_caches(const Var& q, const Var& k, const Var& v, const Segments& segments,
                           std::span<MixerState* const> states) const {
  std::vector<Tensor> keys;
  std::vector<Tensor> values;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    MixerState& state = *states[static_cast<std::size_t>(i)];
    const auto fresh = [&](const Var& rows) { return rows.value().slice(segments.begin(i), segments.end(i)); };
    keys.push_back(append(state.entries[kKeys].value, fresh(k)));
    values.push_back(append(state.entries[kValues].value, fresh(v)));
  }
  return attention_with_cache(q.value(), keys, values, segments,
                              {config_.heads, config_.key_value_heads, config_.causal});
}

Var Attention::with_differentiable_states(const Var& q, const Var& k, const Var& v, const Segments& segments,
                                          std::span<MixerState* const> states) const {
  std::vector<Var> keys;
  std::vector<Var> values;
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    MixerState& state = *states[static_cast<std::size_t>(i)];
    const auto joined = [&](std::size_t entry, const Var& rows) {
      const std::vector<Var> parts = {state.entries[entry].value, slice_rows(rows, segments.begin(i), segments.end(i))};
      return state.entries[entry].value = concat_rows(parts);
    };
    keys.push_back(joined(kKeys, k));
    values.push_back(joined(kValues, v));
    lengths.push_back(state.position + segments.length(i));
  }
  return attention(q, concat_rows(keys), concat_rows(values), segments, Segments::of_lengths(lengths),
                   {config_.heads, config_.key_value_heads, config_.causal});
}

MixerState Attention::initial_state() const {
  const std::int64_t width = config_.key_value_heads * config_.head_width;
  return {{{"keys", Tensor::empty({0, width})}, {"values", Tensor::empty({0, width})}}, 0};
}

std::int64_t Attention::state_bytes(std::int64_t tokens, std::int64_t element_bytes) const {
  return 2 * tokens * config_.key_value_heads * config_.head_width * element_bytes;
}

// For each pair of a query and a key it may see, of every head: q.k and p v, a product and a sum per channel. A causal
// query sees the keys up to its own.
std::int64_t Attention::sequence_flops(std::int64_t tokens) const {
  const std::int64_t pairs = config_.causal ? tokens * (tokens + 1) / 2 : tokens * tokens;
  return 4 * pairs * config_.heads * config_.head_width;
}

}  // namespace sequent
