#include "sequent/mixers/key_value_states.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/ops/rows.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

Tensor random(const Shape& shape, const char* name) {
  return test::to_tensor(test::random_values(shape.elements(), name), shape);
}

// Two sequences of 3 and 5 tokens, the first two tokens of each appended first.
struct Appended {
  Appended(const Var& k, const Var& v) {
    const Segments first({0, 2, 4}), rest({0, 1, 4});
    const std::vector<Var> early = {slice_rows(k, 0, 2), slice_rows(k, 3, 5)};
    const std::vector<Var> early_values = {slice_rows(v, 0, 2), slice_rows(v, 3, 5)};
    append_keys_values(concat_rows(early), concat_rows(early_values), first, pointers);
    const std::vector<Var> late = {slice_rows(k, 2, 3), slice_rows(k, 5, 8)};
    const std::vector<Var> late_values = {slice_rows(v, 2, 3), slice_rows(v, 5, 8)};
    append_keys_values(concat_rows(late), concat_rows(late_values), rest, pointers);
  }
  std::vector<MixerState> states = {empty_key_value_state(6), empty_key_value_state(6)};
  std::vector<MixerState*> pointers = {&states[0], &states[1]};
};

constexpr AttentionOptions kOptions{.heads = 2, .key_value_heads = 2, .causal = false};

TEST(KeyValueStates, PiecesMakeTheWhole) {
  const Var k = random({8, 6}, "k"), v = random({8, 6}, "v");
  const Appended appended(k, v);
  EXPECT_EQ(appended.states[0].position, 3);
  EXPECT_EQ(appended.states[1].position, 5);
  EXPECT_EQ(test::to_doubles(appended.states[1].entries[0].value.value()), test::to_doubles(k.value().slice(3, 8)));
  EXPECT_EQ(test::to_doubles(appended.states[0].entries[1].value.value()), test::to_doubles(v.value().slice(0, 3)));
}

TEST(KeyValueStates, AttendingWithAndWithoutGradientsIsTheSame) {
  const Segments queries({0, 2, 3}), keys({0, 3, 8});
  const Tensor q = random({3, 6}, "q"), k = random({8, 6}, "k"), v = random({8, 6}, "v"), bias = random({5, 2}, "bias");
  const Tensor expected = attention(q, k, v, queries, keys, kOptions, bias).value();
  const Appended plain(k, v);
  EXPECT_EQ(test::to_doubles(attend_to_states(q, queries, plain.pointers, kOptions, bias).value()),
            test::to_doubles(expected));
  const Tensor dy = random({3, 6}, "dy");
  const Var k_whole = Var::parameter(k), k_parts = Var::parameter(k);
  {
    Tape tape;
    tape.backward(attention(q, k_whole, v, queries, keys, kOptions, bias), dy);
  }
  Tape tape;
  const Appended recorded(k_parts, v);
  const Var y = attend_to_states(q, queries, recorded.pointers, kOptions, bias);
  EXPECT_EQ(test::to_doubles(y.value()), test::to_doubles(expected));
  tape.backward(y, dy);
  EXPECT_EQ(test::to_doubles(k_parts.gradient()), test::to_doubles(k_whole.gradient()));
}

}  // namespace
}  // namespace sequent
