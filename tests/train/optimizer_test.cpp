#include "sequent/train/optimizer.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/golden.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class GoldenTraining : public testing::TestWithParam<std::string> {};

// Ten AdamW steps of the reference implementation, loss by loss, and parameters after them.
TEST_P(GoldenTraining, TenAdamWSteps) {
  const test::Golden golden(GetParam());
  const LoadedModel loaded = load_model(golden.directory);
  LanguageModel& model = *loaded.model;
  model.parameters().flatten();
  AdamW optimizer(model.parameters(), {.beta1 = 0.9f, .beta2 = 0.95f, .epsilon = 1e-8f, .weight_decay = 0.1f});
  std::vector<double> losses;
  for (int step = 0; step < 10; ++step) {
    model.parameters().clear_gradients();
    Tape tape;
    const Var loss = test::golden_loss(model, golden);
    tape.backward(loss);
    losses.push_back(loss.value().floats()[0]);
    optimizer.step(0.01f);
  }
  // Ten steps amplify rounding: the golden values themselves are exact to 5e-5 (tools/golden/README.md).
  test::expect_close(losses, test::to_doubles(golden.expected.tensor("adamw_losses")), 2e-4, "losses");
  for (const Parameter& parameter : model.parameters().all()) {
    const Tensor expected = test::expected_of(golden, *loaded.layout, "parameter_after.", parameter);
    if (!expected.defined()) continue;
    test::expect_close(test::to_doubles(parameter.var.value()), test::to_doubles(expected), 5e-4, parameter.name);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTraining, testing::ValuesIn(test::golden_models()),
                         [](const auto& instance) { return test::test_name(instance.param); });

TEST(AdamWOptimizer, DecaysOnlyWhatIsMarked) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Var decayed = parameters.add("decayed", {3}, initialize::constant(2.0f), true);
  const Var exempt = parameters.add("exempt", {3}, initialize::constant(2.0f), false);
  parameters.flatten();
  AdamW optimizer(parameters, {.weight_decay = 0.5f});
  optimizer.step(0.1f);  // zero gradients: only decay moves anything
  EXPECT_FLOAT_EQ(decayed.value().floats()[0], 2.0f * (1 - 0.1f * 0.5f));
  EXPECT_FLOAT_EQ(exempt.value().floats()[0], 2.0f);
}

TEST(AdamWOptimizer, GradientScaleIsClipping) {
  const auto train = [](float gradient, float scale) {
    const auto source = fresh_parameters(1);
    Parameters parameters(*source);
    const Var w = parameters.add("w", {1}, initialize::constant(1.0f), true);
    parameters.flatten();
    w.gradient_buffer().mutable_floats()[0] = gradient;
    EXPECT_DOUBLE_EQ(gradient_norm(parameters), std::abs(static_cast<double>(gradient)));
    AdamW optimizer(parameters, {.epsilon = 1.0f});
    optimizer.step(0.1f, scale);
    return w.value().floats()[0];
  };
  EXPECT_FLOAT_EQ(train(8.0f, 0.25f), train(2.0f, 1.0f));
}

TEST(AdamWOptimizer, TakesAnotherWeightDecay) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Var w = parameters.add("w", {1}, initialize::constant(2.0f), true);
  parameters.flatten();
  AdamW optimizer(parameters, {.weight_decay = 0.5f});
  optimizer.set_weight_decay(0.25f);
  optimizer.step(0.1f);
  EXPECT_FLOAT_EQ(w.value().floats()[0], 2.0f * (1 - 0.1f * 0.25f));
}

TEST(ClipApart, ScalesEachGroupWhoseNormIsTooLarge) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Var a = parameters.add("one.a", {2}, initialize::constant(0.0f), true);
  const Var b = parameters.add("one.b", {1}, initialize::constant(0.0f), false);
  const Var c = parameters.add("two.c", {1}, initialize::constant(0.0f), true);
  const Var d = parameters.add("d", {1}, initialize::constant(0.0f), true);
  parameters.flatten();
  const auto set = [](const Var& var, std::int64_t i, float value) {
    var.gradient_buffer().mutable_floats()[i] = value;
  };
  set(a, 0, 2);
  set(a, 1, 4);
  set(b, 0, 4);  // norm 6
  set(c, 0, 2.5f);
  set(d, 0, 100);
  const std::vector<std::string> groups = {"one.", "two."};
  clip_apart(parameters, groups, 3);
  EXPECT_FLOAT_EQ(a.gradient().floats()[0], 1);
  EXPECT_FLOAT_EQ(a.gradient().floats()[1], 2);
  EXPECT_FLOAT_EQ(b.gradient().floats()[0], 2);
  EXPECT_EQ(c.gradient().floats()[0], 2.5f);
  EXPECT_EQ(d.gradient().floats()[0], 100);
}

}  // namespace
}  // namespace sequent
