#include "sequent/models/vjepa.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/files.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

std::unique_ptr<VJepa> small_model(VideoTarget target = VideoTarget::features) {
  VJepaConfig config = test::small_vjepa();
  config.target = target;
  const auto source = fresh_parameters(5);
  auto model = std::make_unique<VJepa>(config, *source);
  model->reset_target();
  return model;
}

// Each row less its mean, over its deviation.
std::vector<double> normalised(const Tensor& x, double epsilon, bool unbiased) {
  std::vector<double> y = test::to_doubles(x);
  const auto columns = static_cast<std::size_t>(x.columns());
  const double count = static_cast<double>(columns);
  for (std::size_t row = 0; row < y.size(); row += columns) {
    double mean = 0, variance = 0;
    for (std::size_t c = 0; c < columns; ++c) mean += y[row + c] / count;
    for (std::size_t c = 0; c < columns; ++c)
      variance += std::pow(y[row + c] - mean, 2) / (unbiased ? count - 1 : count);
    for (std::size_t c = 0; c < columns; ++c) y[row + c] = (y[row + c] - mean) / std::sqrt(variance + epsilon);
  }
  return y;
}

TEST(VJepa, TargetsAreNormalisedFeaturesOrPixels) {
  const Tensor clips = test::small_clips(2);
  const auto features = small_model();
  test::expect_close(test::to_doubles(features->targets(clips)),
                     normalised(features->features().forward(clips).value(), 1e-5, false), 3e-6, "features");
  const auto pixels = small_model(VideoTarget::pixels);
  const Tensor all = tubelets(clips, {2, 4}, TokenSets::all(2, test::kSmallGrid));
  test::expect_close(test::to_doubles(pixels->targets(clips)), normalised(all, 1e-6, true), 3e-6, "pixels");
  EXPECT_TRUE(pixels->target_parameters().all().empty());
  EXPECT_EQ(&pixels->features(), &pixels->encoder());
}

TEST(VJepa, LossIsTheMeanOverPairsOfTheMeanErrorOfEach) {
  const Tensor clips = test::small_clips(2);
  const std::vector<MaskPair> masks = test::small_masks();
  for (const VideoTarget target : {VideoTarget::features, VideoTarget::pixels}) {
    for (const float exponent : {1.0f, 2.0f}) {
      const auto model = small_model(target);
      const VJepa::Step step = model->step(clips, masks, exponent);
      const std::vector<double> targets = test::to_doubles(model->targets(clips));
      const auto width = static_cast<std::size_t>(model->config().outputs());
      double loss = 0;
      std::int64_t row = 0;
      for (std::size_t pair = 0; pair < masks.size(); ++pair) {
        const std::vector<std::int64_t> tokens(2, static_cast<std::int64_t>(pair));
        const Var encoded = model->encoder().forward(clips, masks[pair].context);
        const std::vector<double> predicted =
            test::to_doubles(model->predictor()
                                 .forward(encoded, masks[pair].context, masks[pair].target, tokens, test::kSmallGrid)
                                 .value());
        test::expect_close(test::to_doubles(step.predictions.slice(row, row + masks[pair].target.segments.tokens())),
                           predicted, 3e-6, "predictions");
        row += masks[pair].target.segments.tokens();
        double sum = 0;
        std::size_t at = 0;
        for (std::int64_t clip = 0; clip < 2; ++clip) {
          for (const std::int32_t id : masks[pair].target.of(clip)) {
            const std::size_t from = static_cast<std::size_t>(clip * 12 + id) * width;
            for (std::size_t c = 0; c < width; ++c, ++at)
              sum += std::pow(std::abs(predicted[at] - targets[from + c]), exponent);
          }
        }
        loss += sum / static_cast<double>(at) / exponent / 2;
      }
      EXPECT_NEAR(step.loss.value().floats()[0], loss, 3e-6 * loss);
      EXPECT_EQ(step.context_features.rows(), step.context_sets.tokens());
      EXPECT_EQ(step.context_sets.count(), 4);
    }
  }
}

TEST(VJepa, GradientsReachEverythingThatIsTrainedAndNothingElse) {
  for (const VideoTarget target : {VideoTarget::features, VideoTarget::pixels}) {
    const auto model = small_model(target);
    Tape tape;
    tape.backward(model->step(test::small_clips(2), test::small_masks()).loss);
    for (const Parameter& parameter : model->parameters().all()) {
      ASSERT_TRUE(parameter.var.gradient().defined()) << parameter.name;
      double sum = 0;
      for (const double value : test::to_doubles(parameter.var.gradient())) sum += std::abs(value);
      // A shift of all scores of a query changes no weight.
      if (parameter.name.ends_with("k_proj.bias")) continue;
      EXPECT_GT(sum, 1e-4) << parameter.name;
    }
    for (const Parameter& parameter : model->target_parameters().all()) {
      EXPECT_FALSE(parameter.var.gradient().defined()) << parameter.name;
    }
  }
}

TEST(VJepa, TrainingLowersTheLossWithAFixedTarget) {
  for (const VideoTarget target : {VideoTarget::features, VideoTarget::pixels}) {
    const auto model = small_model(target);
    model->parameters().flatten();
    double first = 0, last = 0;
    for (int i = 0; i < 30; ++i) {
      Tape tape;
      const Var loss = model->step(test::small_clips(2), test::small_masks()).loss;
      last = loss.value().floats()[0];
      if (i == 0) first = last;
      tape.backward(loss);
      const Tensor& values = model->parameters().values();
      const std::vector<double> gradients = test::gradients_of(model->parameters());
      for (std::size_t j = 0; j < gradients.size(); ++j) {
        values.mutable_floats()[j] -= 0.1f * static_cast<float>(gradients[j]);
      }
      model->parameters().clear_gradients();
    }
    EXPECT_LT(last, 0.9 * first);
  }
}

TEST(VJepa, TheTargetEncoderFollows) {
  const auto model = small_model();
  ASSERT_EQ(model->target_parameters().all().front().name, "target_encoder.patch_embedding.weight");
  EXPECT_EQ(model->target_parameters().all().back().name, "target_encoder.final_norm.bias");
  model->parameters().flatten();
  const auto before = test::to_doubles(model->target_parameters().all()[3].var.value());
  const Tensor moved = model->parameters().all()[3].var.value();
  ASSERT_EQ(before, test::to_doubles(moved));
  for (std::int64_t i = 0; i < moved.elements(); ++i) moved.mutable_floats()[i] += 1;
  model->update_target(0.75f);
  std::vector<double> expected = before;
  for (double& value : expected) value += 0.25;
  test::expect_close(test::to_doubles(model->target_parameters().all()[3].var.value()), expected, 1e-6, "average");
  EXPECT_EQ(test::error_of([&] { model->update_target(1.5f); }), "V-JEPA: momentum must be from 0 to 1, got 1.5");
}

TEST(VJepa, RefusesMasksThatDoNotFitTheBatch) {
  const auto model = small_model();
  EXPECT_EQ(test::error_of([&] { model->step(test::small_clips(2), {}); }),
            "V-JEPA: there must be at least one pair of masks, got none");
  EXPECT_EQ(test::error_of([&] { model->step(test::small_clips(1), test::small_masks()); }),
            "V-JEPA: masks must have a set for each of 1 clips, got 2 contexts and 2 targets");
  std::vector<MaskPair> outside = test::small_masks();
  outside[1].target.ids[0] = 12;
  EXPECT_EQ(test::error_of([&] { model->step(test::small_clips(2), outside); }),
            "V-JEPA: token ids must be from 0 to 11, got 12");
}

}  // namespace
}  // namespace sequent
