#include "sequent/mixers/cross_attention.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class CrossAttentionLayer : public testing::Test {
 protected:
  static Tensor random(const Shape& shape, const char* name) {
    return test::to_tensor(test::random_values(shape.elements(), name), shape);
  }
  static AttentionConfig config() {
    return {.heads = 3, .key_value_heads = 3, .head_width = 5, .scale = 1.0f, .weight_deviation = 0.4f};
  }

  std::unique_ptr<ParameterSource> source = fresh_parameters(3);
  Parameters parameters{*source};
  CrossAttention layer{config(), 8, ParameterScope(parameters)};
  // More queries than keys in the first sequence, fewer in the second.
  const Segments queries{{0, 4, 6}}, keys{{0, 1, 8}};
  const Var x = random({6, 8}, "x"), encoded = random({8, 8}, "encoded");
};

TEST_F(CrossAttentionLayer, AStateComputedOnceGivesTheSame) {
  const Tensor expected = layer.forward(x, queries, encoded, keys).value();
  std::vector<MixerState> states = layer.states_of(encoded, keys);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[1].position, 7);
  EXPECT_EQ(states[1].bytes(), 2 * 7 * 15 * 4);
  const std::vector<MixerState*> pointers = {&states[0], &states[1]};
  EXPECT_EQ(test::to_doubles(layer.forward(x, queries, pointers).value()), test::to_doubles(expected));
  EXPECT_EQ(states[1].position, 7);
}

TEST_F(CrossAttentionLayer, EverySequenceLooksAtItsOwnAndAtAllOfIt) {
  const std::vector<double> before = test::to_doubles(layer.forward(x, queries, encoded, keys).value());
  // The last encoder token belongs to the second sequence.
  const Tensor other = encoded.value().clone();
  for (std::int64_t i = 7 * 8; i < 8 * 8; ++i) other.mutable_floats()[i] += 1.0f;
  const std::vector<double> after = test::to_doubles(layer.forward(x, queries, other, keys).value());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (i < 4 * 8) {
      EXPECT_EQ(before[i], after[i]);
    } else {
      EXPECT_NE(before[i], after[i]);
    }
  }
}

TEST_F(CrossAttentionLayer, RefusesAnotherNumberOfSequences) {
  EXPECT_THROW(layer.forward(x, queries, encoded, Segments::single(8)), Error);
  std::vector<MixerState> states = layer.states_of(encoded, keys);
  MixerState* one = &states[0];
  EXPECT_THROW(layer.forward(x, queries, {&one, 1}), Error);
}

}  // namespace
}  // namespace sequent
