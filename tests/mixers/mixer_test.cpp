#include "sequent/mixers/mixer.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

MixerState state_of(float value) {
  return {{{"h", Tensor::full({1, 2}, value)}}, 3};
}

TEST(MixerState, GatherAndScatterAreInverse) {
  MixerState a = state_of(1), b = state_of(2);
  const std::vector<MixerState*> states = {&a, &b};
  const Var packed = gather_states(states, 0);
  EXPECT_EQ(test::to_doubles(packed.value()), (std::vector<double>{1, 1, 2, 2}));
  scatter_states(test::to_tensor({5, 6, 7, 8}, {2, 2}), states, 0);
  EXPECT_EQ(test::to_doubles(a.entries[0].value.value()), (std::vector<double>{5, 6}));
  EXPECT_EQ(test::to_doubles(b.entries[0].value.value()), (std::vector<double>{7, 8}));
}

TEST(MixerState, CountsItsBytes) {
  EXPECT_EQ(state_of(0).bytes(), 8);
}

TEST(MixerState, DetachCutsTheGradient) {
  MixerState state = {{{"h", Var::parameter(Tensor::full({1, 2}, 1))}}, 0};
  state.detach();
  EXPECT_FALSE(state.entries[0].value.wants_gradient());
}

TEST(MixerState, OneStatePerSequence) {
  MixerState state = state_of(0);
  MixerState* pointer = &state;
  EXPECT_NO_THROW(expect_states("test", Segments::single(4), {&pointer, 1}));
  EXPECT_NO_THROW(expect_states("test", Segments::uniform(2, 4), {}));
  EXPECT_THROW(expect_states("test", Segments::uniform(2, 4), {&pointer, 1}), Error);
}

TEST(MixerState, PositionsGoOnFromTheStates) {
  MixerState a = state_of(0), b = state_of(0);
  a.position = 5;
  b.position = 0;
  const std::vector<MixerState*> states = {&a, &b};
  const Segments segments({0, 2, 5});
  EXPECT_EQ(positions_of(segments, {}), (std::vector<std::int64_t>{0, 1, 0, 1, 2}));
  EXPECT_EQ(positions_of(segments, states), (std::vector<std::int64_t>{5, 6, 0, 1, 2}));
  advance_positions(states, segments);
  EXPECT_EQ(a.position, 7);
  EXPECT_EQ(b.position, 3);
}

}  // namespace
}  // namespace sequent
