// What must hold for every sequence mixer in the catalog, whatever its mathematics.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/threads.h"
#include "sequent/mixers/catalog.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kWidth = 20;

MixerConfigs small_configs() {
  MixerConfigs configs;
  configs.attention = {.heads = 4, .key_value_heads = 2, .head_width = 6, .weight_deviation = 0.4f};
  configs.mamba = {
      .inner_width = 36, .states = 5, .taps = 4, .delta_rank = 3, .delta_minimum = 0.05f, .delta_maximum = 0.9f};
  configs.mamba2 = {.inner_width = 42,
                    .head_width = 7,
                    .groups = 2,
                    .states = 5,
                    .taps = 4,
                    .delta_minimum = 0.05f,
                    .delta_maximum = 0.9f};
  configs.retention = {.heads = 6,
                       .key_value_heads = 2,
                       .key_width = 6,
                       .value_width = 5,
                       .head_weight = true,
                       .epsilon = 1e-2f,
                       .projection_gain = 1.0f};
  return configs;
}

class EveryMixer : public testing::TestWithParam<std::string> {
 protected:
  EveryMixer()
      : source(fresh_parameters(3)),
        parameters(*source),
        mixer(sequent::mixer(GetParam()).make(small_configs(), kWidth, ParameterScope(parameters))) {}

  static Tensor input(std::int64_t tokens) {
    return test::to_tensor(test::random_values(tokens * kWidth, "input"), {tokens, kWidth});
  }

  // The same tokens in pieces of `chunk` with states, all sequences together; states are left in `states`.
  Var in_chunks(const Var& x, const Segments& sequences, std::int64_t chunk, std::vector<MixerState>& states) const {
    states.assign(static_cast<std::size_t>(sequences.count()), mixer->initial_state());
    const Tensor y = Tensor::empty({sequences.tokens(), kWidth});
    for (std::int64_t from = 0;; from += chunk) {
      std::vector<std::int64_t> lengths, begins;
      std::vector<MixerState*> active;
      std::vector<Tensor> parts;
      for (std::int64_t i = 0; i < sequences.count(); ++i) {
        const std::int64_t length = std::min(chunk, sequences.length(i) - from);
        if (length <= 0) continue;
        begins.push_back(sequences.begin(i) + from);
        lengths.push_back(length);
        active.push_back(&states[static_cast<std::size_t>(i)]);
      }
      if (active.empty()) return y;
      const Segments pieces = Segments::of_lengths(lengths);
      const Tensor piece = Tensor::empty({pieces.tokens(), kWidth});
      for (std::int64_t i = 0; i < pieces.count(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        piece.slice(pieces.begin(i), pieces.end(i)).copy_from(x.value().slice(begins[at], begins[at] + lengths[at]));
      }
      const Var result = mixer->forward(piece, pieces, active);
      for (std::int64_t i = 0; i < pieces.count(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        y.slice(begins[at], begins[at] + lengths[at]).copy_from(result.value().slice(pieces.begin(i), pieces.end(i)));
      }
    }
  }

  std::unique_ptr<ParameterSource> source;
  Parameters parameters;
  std::unique_ptr<SequenceMixer> mixer;
  const Segments segments{{0, 7, 8, 70, 73}};
};

double largest_difference(const Tensor& a, const Tensor& b) {
  double worst = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(a.floats()[i] - b.floats()[i])));
  }
  return worst;
}

TEST_P(EveryMixer, ParallelChunkedAndRecurrentAreOneFunction) {
  const Var x = input(segments.tokens());
  const Var whole = mixer->forward(x, segments);
  double scale = 0;
  for (const double value : test::to_doubles(whole.value())) scale = std::max(scale, std::abs(value));
  double worst = 0;
  for (const std::int64_t chunk : {1, 2, 3, 5, 16, 62, 100}) {
    std::vector<MixerState> states;
    const double error = largest_difference(in_chunks(x, segments, chunk, states).value(), whole.value());
    EXPECT_LE(error, 5e-6 * scale) << "chunks of " << chunk;
    worst = std::max(worst, error);
    for (std::int64_t i = 0; i < segments.count(); ++i) {
      const MixerState& state = states[static_cast<std::size_t>(i)];
      EXPECT_EQ(state.position, segments.length(i));
      EXPECT_EQ(state.bytes(), mixer->state_bytes(segments.length(i), 4));
    }
  }
  fmt::print("{}: forms differ by at most {:.1e} of the largest output\n", GetParam(), worst / scale);
}

TEST_P(EveryMixer, LaterTokensNeverChangeEarlierOutputs) {
  const Tensor x = input(40);
  const Tensor before = mixer->forward(x, Segments::single(40)).value().clone();
  for (const std::int64_t changed : {1, 17, 39}) {
    const Tensor other = x.clone();
    for (std::int64_t i = changed * kWidth; i < 40 * kWidth; ++i) other.mutable_floats()[i] += 1.5f;
    const Tensor after = mixer->forward(other, Segments::single(40)).value();
    EXPECT_EQ(largest_difference(after.slice(0, changed), before.slice(0, changed)), 0) << "token " << changed;
    EXPECT_GT(largest_difference(after.slice(changed, changed + 1), before.slice(changed, changed + 1)), 0);
  }
}

TEST_P(EveryMixer, PackedSequencesDoNotSeeEachOther) {
  const Tensor x = input(segments.tokens());
  const Tensor before = mixer->forward(x, segments).value().clone();
  for (std::int64_t changed = 0; changed < segments.count(); ++changed) {
    const Tensor other = x.clone();
    for (std::int64_t i = segments.begin(changed) * kWidth; i < segments.end(changed) * kWidth; ++i) {
      other.mutable_floats()[i] = -3.0f * other.floats()[i] + 1.0f;
    }
    const Tensor after = mixer->forward(other, segments).value();
    for (std::int64_t i = 0; i < segments.count(); ++i) {
      const double difference = largest_difference(after.slice(segments.begin(i), segments.end(i)),
                                                   before.slice(segments.begin(i), segments.end(i)));
      if (i == changed) {
        EXPECT_GT(difference, 0);
      } else {
        EXPECT_EQ(difference, 0) << "sequence " << changed << " leaks into " << i;
      }
    }
  }
}

TEST_P(EveryMixer, ASequenceAloneEqualsItInCompany) {
  const Tensor x = input(segments.tokens());
  const Tensor company = mixer->forward(x, segments).value();
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    const Tensor alone =
        mixer->forward(x.slice(segments.begin(i), segments.end(i)), Segments::single(segments.length(i))).value();
    // The matrix products may take another path for another number of rows.
    EXPECT_LE(largest_difference(alone, company.slice(segments.begin(i), segments.end(i))), 2e-6);
  }
}

TEST_P(EveryMixer, GradientsFlowThroughStates) {
  parameters.flatten();
  const Tensor values = input(12);
  const Tensor weights = test::to_tensor(test::random_values(12 * kWidth, "weights"), {12, kWidth});
  // Whole.
  const Var x = Var::parameter(values);
  {
    Tape tape;
    const Var y = mixer->forward(x, Segments::single(12));
    tape.backward(y, weights);
  }
  const std::vector<double> whole = test::gradients_of(parameters);
  parameters.clear_gradients();
  // In two pieces: the gradient of the second reaches the first through the state.
  const Var first = Var::parameter(values.slice(0, 7));
  const Var second = Var::parameter(values.slice(7, 12));
  {
    Tape tape;
    MixerState state = mixer->initial_state();
    MixerState* pointer = &state;
    const Var y1 = mixer->forward(first, Segments::single(7), {&pointer, 1});
    const Var y2 = mixer->forward(second, Segments::single(5), {&pointer, 1});
    y1.accumulate(weights.slice(0, 7));
    tape.backward(y2, weights.slice(7, 12));
  }
  test::expect_close(test::gradients_of(parameters), whole, 1e-5, "parameters");
  std::vector<double> pieces = test::to_doubles(first.gradient());
  const std::vector<double> rest = test::to_doubles(second.gradient());
  pieces.insert(pieces.end(), rest.begin(), rest.end());
  test::expect_close(pieces, test::to_doubles(x.gradient()), 1e-5, "input");
}

TEST_P(EveryMixer, ACopiedStateIsABranch) {
  const Tensor x = input(9);
  MixerState state = mixer->initial_state();
  MixerState* pointer = &state;
  mixer->forward(x.slice(0, 5), Segments::single(5), {&pointer, 1});
  MixerState branch = state;
  MixerState* branch_pointer = &branch;
  const Tensor once = mixer->forward(x.slice(5, 9), Segments::single(4), {&pointer, 1}).value().clone();
  // The branch goes another way, which must not disturb a second copy's continuation.
  MixerState second = branch;
  MixerState* second_pointer = &second;
  mixer->forward(x.slice(0, 4), Segments::single(4), {&branch_pointer, 1});
  const Tensor again = mixer->forward(x.slice(5, 9), Segments::single(4), {&second_pointer, 1}).value();
  EXPECT_EQ(largest_difference(once, again), 0);
}

TEST_P(EveryMixer, ThreadsChangeNothing) {
  const Var x = input(segments.tokens());
  const int threads = thread_count();
  set_thread_count(1);
  const Tensor one = mixer->forward(x, segments).value().clone();
  set_thread_count(2);
  const Tensor two = mixer->forward(x, segments).value();
  set_thread_count(threads);
  EXPECT_EQ(largest_difference(one, two), 0);
}

TEST_P(EveryMixer, RefusesAWrongNumberOfStates) {
  MixerState state = mixer->initial_state();
  MixerState* pointer = &state;
  EXPECT_THROW(mixer->forward(input(8), Segments::uniform(2, 4), {&pointer, 1}), std::exception);
}

std::vector<std::string> mixer_names() {
  std::vector<std::string> names;
  for (const MixerEntry& entry : mixers()) names.emplace_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Catalog, EveryMixer, testing::ValuesIn(mixer_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sequent
