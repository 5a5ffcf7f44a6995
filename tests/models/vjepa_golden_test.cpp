// V-JEPA against its published code, and V-JEPA 2 against transformers: the golden values of tests/golden/vjepa,
// vjepa2.
#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/models/published_weights.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/power_error.h"
#include "tests/support/golden.h"
#include "tests/support/golden_video.h"
#include "tests/support/parameter_gradients.h"

namespace sequent {
namespace {

// What the golden values carry themselves is told in tools/golden/README.md: some 1e-6.
constexpr double kTolerance = 5e-6;

void expect_tensor(const Tensor& actual, const Tensor& expected, const std::string& name,
                   double tolerance = kTolerance) {
  test::expect_close(test::to_doubles(actual), test::to_doubles(expected), tolerance, name);
}

// The gradients of parameters, put together as the published tensors are, against those expected. That of a key's bias
// is zero but for rounding, so sizes below 1e-3 count as that.
void expect_gradients(const Parameters& parameters, std::span<const NameRule> names, const test::GoldenVideo& golden,
                      const std::string& prefix) {
  std::vector<Parameter> gradients;
  for (const Parameter& parameter : parameters.all()) {
    const Tensor gradient = parameter.var.gradient();
    gradients.push_back(parameter);
    gradients.back().var = gradient.defined() ? gradient : Tensor::zeros(parameter.var.shape());
  }
  for (const NamedTensor& gradient : published_tensors(names, gradients)) {
    const std::string name = prefix + gradient.name;
    if (gradient.name.find("xattn.proj") != std::string::npos) continue;  // never applied
    ASSERT_TRUE(golden.expected.contains(name)) << name;
    test::expect_close(test::to_doubles(gradient.tensor), test::to_doubles(golden.tensor(name)), 5e-5, name, 1e-3);
  }
}

class GoldenVJepa : public testing::TestWithParam<std::string> {
 protected:
  GoldenVJepa() : golden("vjepa", GetParam()), path(golden.directory / "jepa.pth.tar"), model(load_vjepa(path)) {}
  test::GoldenVideo golden;
  std::filesystem::path path;
  std::unique_ptr<VJepa> model;
};

TEST_P(GoldenVJepa, PatchEmbeddingFeaturesAndTargets) {
  const Tensor clips = golden.tensor("clips");
  const auto& [name, weight, decay] = model->parameters().all()[0];
  ASSERT_EQ(name, "encoder.patch_embedding.weight");
  // The golden patch embedding is without positions.
  const TokenGrid grid = model->config().encoder.grid();
  const Tensor places = sine_cosine_positions(grid, model->config().encoder.blocks.width,
                                              model->config().encoder.positions == VisionPositions::sine_cosine);
  const TokenSets all = TokenSets::all(clips.size(0), grid);
  const Tensor embedded = model->encoder().embed(clips, all).value().clone();
  for (std::int64_t i = 0; i < embedded.elements(); ++i) {
    embedded.mutable_floats()[i] -= places.floats()[i % places.elements()];
  }
  expect_tensor(embedded, golden.tensor("patch_embedding"), "patch_embedding");
  expect_tensor(model->features().forward(clips).value(), golden.tensor("features"), "features");
  expect_tensor(model->targets(clips), golden.tensor("targets"), "targets");
  const auto encoder = load_video_encoder(path);
  expect_tensor(encoder->transformer().forward(clips).value(), golden.tensor("features"), "features alone");
}

TEST_P(GoldenVJepa, FeaturesOfClipsOfAnotherSize) {
  expect_tensor(model->features().forward(golden.tensor("other_clip")).value(), golden.tensor("other_features"),
                "other_features");
}

TEST_P(GoldenVJepa, ContextsPredictionsLossAndGradients) {
  Tape tape;
  const VJepa::Step step =
      model->step(golden.tensor("clips"), golden.masks(), golden.settings()["exponent"].get<float>());
  expect_tensor(step.context_features, golden.tensor("context_features"), "context_features");
  expect_tensor(step.predictions, golden.tensor("predictions"), "predictions");
  expect_tensor(step.loss.value(), golden.tensor("loss"), "loss");
  tape.backward(step.loss);
  expect_gradients(model->parameters(), kVJepa.names, golden, "gradient.");
}

TEST_P(GoldenVJepa, TenStepsWithTheTargetEncoderFollowing) {
  const nlohmann::json settings = golden.settings();
  model->parameters().flatten();
  const Tensor& values = model->parameters().values();
  const std::int64_t count = values.elements();
  std::vector<bool> decays(static_cast<std::size_t>(count));
  for (const Parameter& parameter : model->parameters().all()) {
    const auto first = decays.begin() + model->parameters().offset_of(parameter);
    std::fill_n(first, parameter.var.value().elements(), parameter.decay);
  }
  // AdamW from its equations, in double.
  std::vector<double> mean(static_cast<std::size_t>(count)), square(static_cast<std::size_t>(count));
  const double rate = settings["lr"], beta1 = settings["beta1"], beta2 = settings["beta2"];
  std::vector<double> losses;
  for (int i = 1; i <= 10; ++i) {
    model->parameters().clear_gradients();
    Tape tape;
    const Var loss = model->step(golden.tensor("clips"), golden.masks(), settings["exponent"].get<float>()).loss;
    losses.push_back(loss.value().floats()[0]);
    tape.backward(loss);
    const std::vector<double> gradients = test::gradients_of(model->parameters());
    for (std::int64_t at = 0; at < count; ++at) {
      const auto j = static_cast<std::size_t>(at);
      const double g = gradients[j], decay = decays[j] ? settings["weight_decay"].get<double>() : 0;
      mean[j] = beta1 * mean[j] + (1 - beta1) * g;
      square[j] = beta2 * square[j] + (1 - beta2) * g * g;
      const double root = std::sqrt(square[j] / (1 - std::pow(beta2, i))) + settings["epsilon"].get<double>();
      values.mutable_floats()[at] = static_cast<float>(values.floats()[at] * (1 - rate * decay) -
                                                       rate * mean[j] / (1 - std::pow(beta1, i)) / root);
    }
    model->update_target(settings["momentum"].get<float>());
  }
  // Steps divide by gradients, which amplifies their rounding: the golden values themselves are off by 3.5e-5.
  test::expect_close(losses, test::to_doubles(golden.tensor("adamw_losses")), 1e-4, "losses");
  std::vector<Parameter> all(model->parameters().all().begin(), model->parameters().all().end());
  all.insert(all.end(), model->target_parameters().all().begin(), model->target_parameters().all().end());
  int compared = 0;
  for (const NamedTensor& tensor : published_tensors(kVJepa.names, all)) {
    const std::string name = "parameter_after." + tensor.name;
    if (!golden.expected.contains(name)) continue;
    expect_tensor(tensor.tensor, golden.tensor(name), name, 2e-4);
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST_P(GoldenVJepa, Probe) {
  const auto probe = load_video_probe(golden.directory / "probe.pth.tar", model->config().encoder);
  const Tensor features = golden.tensor("features");
  Tape tape;
  const Var logits = probe->logits(features, Segments::single(features.rows()));
  expect_tensor(logits.value(), golden.tensor("probe_logits").reshape({1, 5}), "probe_logits");
  const std::vector<std::int32_t> label = {2};
  tape.backward(cross_entropy(logits, label));
  expect_gradients(probe->parameters(), kVJepa.probe_names, golden, "probe_gradient.");
}

INSTANTIATE_TEST_SUITE_P(All, GoldenVJepa, testing::ValuesIn(test::golden_videos("vjepa")),
                         [](const auto& instance) { return test::test_name(instance.param); });

class GoldenVJepa2 : public testing::TestWithParam<std::string> {
 protected:
  GoldenVJepa2() : golden("vjepa2", GetParam()) {}
  test::GoldenVideo golden;
};

TEST_P(GoldenVJepa2, EncoderPredictorClassifierAndGradients) {
  const auto model = load_vjepa(golden.directory);
  const auto probe = load_video_probe(golden.directory, model->config().encoder);
  const Tensor clips = golden.tensor("clips");
  const TokenGrid grid = model->config().encoder.grid();
  const TokenSets contexts = golden.sets("context"), targets = golden.sets("target");
  Tape tape;
  // Its one encoder gives features, contexts and, as constants, targets.
  const Var features = model->encoder().forward(clips);
  expect_tensor(features.value(), golden.tensor("features"), "features");
  const auto rows_of = [&](const TokenSets& sets) {
    std::vector<std::int32_t> rows;
    for (std::int64_t i = 0; i < sets.count(); ++i) {
      for (const std::int32_t id : sets.of(i)) rows.push_back(static_cast<std::int32_t>(i * grid.tokens()) + id);
    }
    return rows;
  };
  const std::vector<std::int64_t> mask_tokens(static_cast<std::size_t>(clips.size(0)), 1);
  const Var predicted =
      model->predictor().forward(embedding(rows_of(contexts), features), contexts, targets, mask_tokens, grid);
  expect_tensor(predicted.value(), golden.tensor("predictions"), "predictions");
  const Var logits = probe->logits(features, Segments::uniform(clips.size(0), grid.tokens()));
  expect_tensor(logits.value(), golden.tensor("logits"), "logits");
  const Tensor labels = golden.tensor("labels");
  const Tensor wanted = embedding(rows_of(targets), Var(model->targets(clips))).value();
  const Var loss =
      add(cross_entropy(logits, std::span(labels.data<std::int32_t>(), logits.rows())), power_error(predicted, wanted));
  expect_tensor(loss.value(), golden.tensor("loss"), "loss");
  tape.backward(loss);
  expect_gradients(model->parameters(), kVJepa2.names, golden, "gradient.vjepa2.");
  expect_gradients(probe->parameters(), kVJepa2.probe_names, golden, "gradient.");
}

INSTANTIATE_TEST_SUITE_P(All, GoldenVJepa2, testing::ValuesIn(test::golden_videos("vjepa2")),
                         [](const auto& instance) { return test::test_name(instance.param); });

}  // namespace
}  // namespace sequent
