#include "sequent/ops/attention.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/attention.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::random_values;
using test::to_doubles;
using test::to_tensor;

Tensor random_tensor(const Shape& shape, const char* name) {
  return to_tensor(random_values(shape.elements(), name), shape);
}

TEST(AttentionOp, GivesGradientsToQueriesKeysAndValues) {
  const Segments queries({0, 3, 8}), keys({0, 3, 9});
  const auto q = random_values(8 * 12, "q"), k = random_values(9 * 6, "k"), v = random_values(9 * 6, "v");
  const auto dy = random_values(8 * 12, "dy");
  const Var q_var = Var::parameter(to_tensor(q, {8, 12}));
  const Var k_var = Var::parameter(to_tensor(k, {9, 6}));
  const Var v_var = Var::parameter(to_tensor(v, {9, 6}));
  Tape tape;
  const Var y_var = attention(q_var, k_var, v_var, queries, keys, {.heads = 4, .key_value_heads = 2});
  tape.backward(y_var, to_tensor(dy, {8, 12}));

  const std::vector<kernels::AttentionSequence<double>> sequences = {{0, 3, k.data(), v.data(), 3, 0},
                                                                     {3, 5, k.data() + 3 * 6, v.data() + 3 * 6, 6, 3}};
  std::vector<double> y(q.size()), log_sum_exp(8 * 4), dq(q.size()), dk(k.size()), dv(v.size());
  const double scale = 1 / std::sqrt(3.0);
  kernels::reference::attention<double>(kernels::AttentionForward<double>{
      q.data(), y.data(), log_sum_exp.data(), sequences.data(), 2, 4, 2, 3, scale, true, 1, nullptr, nullptr});
  kernels::reference::attention<double>(
      kernels::AttentionBackward<double>{q.data(), y.data(), log_sum_exp.data(), dy.data(), dq.data(), dk.data(),
                                         dv.data(), sequences.data(), 2, 4, 2, 3, scale, true, 1, nullptr, nullptr});
  test::expect_close(to_doubles(y_var.value()), y, 1e-6, "y");
  test::expect_close(to_doubles(q_var.gradient()), dq, 2e-6, "dq");
  test::expect_close(to_doubles(k_var.gradient()), dk, 2e-6, "dk");
  test::expect_close(to_doubles(v_var.gradient()), dv, 2e-6, "dv");
}

TEST(AttentionOp, TheBiasOfADistanceGetsTheGradientOfAllItsScores) {
  const Segments segments({0, 3, 8});
  const Tensor q = random_tensor({8, 12}, "q"), k = random_tensor({8, 12}, "k"), v = random_tensor({8, 12}, "v");
  const auto bias = random_values(5 * 4, "bias"), dy = random_values(8 * 12, "dy");
  const Var bias_var = Var::parameter(to_tensor(bias, {5, 4}));
  Tape tape;
  const Var y = attention(q, k, v, segments, segments,
                          {.heads = 4, .key_value_heads = 4, .causal = false, .scale = 1.0f}, bias_var);
  tape.backward(y, to_tensor(dy, {8, 12}));

  const auto keys = to_doubles(k), values = to_doubles(v), queries = to_doubles(q);
  const std::vector<kernels::AttentionSequence<double>> sequences = {
      {0, 3, keys.data(), values.data(), 3, 0}, {3, 5, keys.data() + 3 * 12, values.data() + 3 * 12, 5, 3}};
  std::vector<double> expected(8 * 12), log_sum_exp(8 * 4), dq(8 * 12), dk(8 * 12), dv(8 * 12), dbias(5 * 4);
  kernels::reference::attention<double>(
      kernels::AttentionForward<double>{queries.data(), expected.data(), log_sum_exp.data(), sequences.data(), 2, 4, 4,
                                        3, 1.0, false, 1, nullptr, nullptr, bias.data(), 2});
  kernels::reference::attention<double>(kernels::AttentionBackward<double>{queries.data(),
                                                                           expected.data(),
                                                                           log_sum_exp.data(),
                                                                           dy.data(),
                                                                           dq.data(),
                                                                           dk.data(),
                                                                           dv.data(),
                                                                           sequences.data(),
                                                                           2,
                                                                           4,
                                                                           4,
                                                                           3,
                                                                           1.0,
                                                                           false,
                                                                           1,
                                                                           nullptr,
                                                                           nullptr,
                                                                           bias.data(),
                                                                           2,
                                                                           dbias.data()});
  test::expect_close(to_doubles(y.value()), expected, 1e-6, "y");
  test::expect_close(to_doubles(bias_var.gradient()), dbias, 2e-6, "dbias");
}

TEST(AttentionOp, EachGradientComesAlone) {
  const Segments segments({0, 5});
  const Tensor dy = random_tensor({5, 8}, "dy");
  const auto gradients = [&](bool want_q, bool want_k, bool want_v) {
    const auto input = [](bool wanted, const char* name) {
      const Tensor value = random_tensor({5, 8}, name);
      return wanted ? Var::parameter(value) : Var(value);
    };
    const Var q = input(want_q, "q"), k = input(want_k, "k"), v = input(want_v, "v");
    Tape tape;
    tape.backward(attention(q, k, v, segments, segments, {.heads = 2, .key_value_heads = 2}), dy);
    return std::vector<Tensor>{q.gradient(), k.gradient(), v.gradient()};
  };
  const std::vector<Tensor> all = gradients(true, true, true);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::vector<Tensor> one = gradients(i == 0, i == 1, i == 2);
    EXPECT_EQ(to_doubles(one[i]), to_doubles(all[i]));
    EXPECT_FALSE(one[(i + 1) % 3].defined());
  }
}

TEST(AttentionOp, CacheEqualsPackedKeys) {
  const Segments queries({0, 4, 5, 45}), keys({0, 9, 1209, 1309});
  const Tensor q = random_tensor({45, 16}, "q"), k = random_tensor({1309, 8}, "k"), v = random_tensor({1309, 8}, "v");
  std::vector<Tensor> key_cache, value_cache;
  for (std::int64_t i = 0; i < 3; ++i) {
    key_cache.push_back(k.slice(keys.begin(i), keys.end(i)).clone());
    value_cache.push_back(v.slice(keys.begin(i), keys.end(i)).clone());
  }
  for (const bool causal : {true, false}) {
    const AttentionOptions options{.heads = 4, .key_value_heads = 2, .causal = causal};
    const Tensor bias = random_tensor({7, 4}, "bias");
    EXPECT_EQ(to_doubles(attention_with_cache(q, key_cache, value_cache, queries, options)),
              to_doubles(attention(q, k, v, queries, keys, options).value()));
    EXPECT_EQ(to_doubles(attention_with_cache(q, key_cache, value_cache, queries, options, bias)),
              to_doubles(attention(q, k, v, queries, keys, options, bias).value()));
  }
}

TEST(AttentionOp, OneTokenAtATimeEqualsTheWhole) {
  constexpr std::int64_t kTokens = 150;
  const Tensor q = random_tensor({kTokens, 24}, "q"), k = random_tensor({kTokens, 12}, "k");
  const Tensor v = random_tensor({kTokens, 12}, "v");
  const Segments whole = Segments::single(kTokens);
  const AttentionOptions options{.heads = 4, .key_value_heads = 2};
  const std::vector<double> expected = to_doubles(attention(q, k, v, whole, whole, options).value());
  for (const std::int64_t step : {1, 7, 64}) {
    std::vector<double> actual;
    for (std::int64_t at = 0; at < kTokens; at += step) {
      const std::int64_t end = std::min(at + step, kTokens);
      const Tensor y = attention_with_cache(q.slice(at, end), std::vector{k.slice(0, end)},
                                            std::vector{v.slice(0, end)}, Segments::single(end - at), options);
      const std::vector<double> part = to_doubles(y);
      actual.insert(actual.end(), part.begin(), part.end());
    }
    test::expect_close(actual, expected, 1e-6, "y");
  }
}

TEST(AttentionOp, MemoryGrowsLinearlyWithLength) {
  constexpr std::int64_t kTokens = 8192, kWidth = 16;
  const Var q = Var::parameter(random_tensor({kTokens, kWidth}, "q"));
  const Segments whole = Segments::single(kTokens);
  const std::int64_t before = memory::live_bytes();
  memory::reset_peak();
  Tape tape;
  const Var y = attention(q, q.value(), q.value(), whole, whole, {.heads = 1, .key_value_heads = 1});
  // y, its statistics and the tiles of the threads; one length x length matrix would be 256 MiB.
  EXPECT_LT(memory::peak_bytes() - before, 8 << 20);
  tape.backward(y, y.value());
  EXPECT_LT(memory::peak_bytes() - before, 16 << 20);
}

TEST(AttentionOp, ZeroTokensAreNothing) {
  const Tensor none = Tensor::zeros({0, 8});
  EXPECT_EQ(attention(none, none, none, Segments(), Segments(), {.heads = 2, .key_value_heads = 2}).rows(), 0);
}

TEST(AttentionOp, RefusalsNameTheRuleAndTheValue) {
  const auto message = [](const Tensor& q, const Tensor& k, const Tensor& v, const Segments& queries,
                          const Segments& keys, const AttentionOptions& options) -> std::string {
    try {
      attention(q, k, v, queries, keys, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const Tensor four = Tensor::zeros({4, 8}), three = Tensor::zeros({3, 8}), narrow = Tensor::zeros({4, 6});
  const Segments s4 = Segments::single(4), s3 = Segments::single(3), two({0, 2, 4});
  EXPECT_EQ(message(four, four, four, s4, s4, {.heads = 4, .key_value_heads = 3}),
            "attention: heads must be a multiple of key_value_heads, got 4 and 3");
  EXPECT_EQ(message(four, four, four, s4, s4, {.heads = 3, .key_value_heads = 3}),
            "attention: q must be [tokens, 3 heads * width], got [4, 8]");
  EXPECT_EQ(message(four, four, four, s3, s4, {.heads = 2, .key_value_heads = 2}),
            "attention: q must be [3, 8], got [4, 8]");
  EXPECT_EQ(message(four, narrow, four, s4, s4, {.heads = 2, .key_value_heads = 2}),
            "attention: k must be [4, 8], got [4, 6]");
  EXPECT_EQ(message(four, four, three, s4, s4, {.heads = 2, .key_value_heads = 2}),
            "attention: v must be [4, 8], got [3, 8]");
  EXPECT_EQ(message(four, three, three, s4, s3, {.heads = 2, .key_value_heads = 2}),
            "attention: sequence 0 must have at least as many keys as queries, got 3 and 4");
  EXPECT_EQ(message(four, four, four, two, s4, {.heads = 2, .key_value_heads = 2}),
            "attention: queries and keys must have as many sequences, got 2 and 1");
  // Without the causal mask the keys are another sequence's, of any length.
  EXPECT_EQ(message(four, three, three, s4, s3, {.heads = 2, .key_value_heads = 2, .causal = false}), "accepted");
  EXPECT_THROW(attention(four, four, four, s4, s4, {.heads = 2, .key_value_heads = 2}, Tensor::zeros({4, 2})), Error);
  EXPECT_THROW(attention(four, four, four, s4, s4, {.heads = 2, .key_value_heads = 2}, Tensor::zeros({3, 3})), Error);
  const std::vector<Tensor> cache = {four};
  EXPECT_THROW(attention_with_cache(four, cache, cache, two, {.heads = 2, .key_value_heads = 2}), Error);
}

}  // namespace
}  // namespace sequent
