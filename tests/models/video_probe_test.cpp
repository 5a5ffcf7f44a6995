#include "sequent/models/video_probe.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/ops/cross_entropy.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

VideoProbeConfig small_probe(VideoPooling pooling, std::int64_t layers = 1) {
  VideoProbeConfig config;
  config.pooling = pooling;
  config.classes = 3;
  config.blocks = {.width = 8, .layers = layers, .heads = 2, .hidden_width = 12, .weight_deviation = 0.3f};
  return config;
}

const Segments kVideos({0, 4, 5, 11});

Tensor features() {
  return test::to_tensor(test::random_values(11 * 8, "features"), {11, 8});
}

TEST(VideoProbe, EachVideoIsClassifiedByItsOwnTokens) {
  for (const VideoPooling pooling : {VideoPooling::attentive, VideoPooling::average}) {
    const auto source = fresh_parameters(4);
    const VideoProbe probe(small_probe(pooling), *source);
    const Tensor together = probe.logits(features(), kVideos).value();
    ASSERT_EQ(together.shape(), (Shape{3, 3}));
    for (std::int64_t i = 0; i < 3; ++i) {
      const Tensor alone =
          probe.logits(features().slice(kVideos.begin(i), kVideos.end(i)), Segments::single(kVideos.length(i))).value();
      test::expect_close(test::to_doubles(together.slice(i, i + 1)), test::to_doubles(alone), 1e-6, "logits");
    }
  }
}

TEST(VideoProbe, EverythingButTheUnusedProjectionLearns) {
  const auto source = fresh_parameters(4);
  const VideoProbe probe(small_probe(VideoPooling::attentive), *source);
  Tape tape;
  const std::vector<std::int32_t> labels = {0, 2, 1};
  tape.backward(cross_entropy(probe.logits(features(), kVideos), labels));
  int unused = 0;
  for (const Parameter& parameter : probe.parameters().all()) {
    const bool is_unused = parameter.name.starts_with("unused_projection");
    EXPECT_EQ(parameter.var.gradient().defined(), !is_unused) << parameter.name;
    unused += is_unused;
  }
  EXPECT_EQ(unused, 2);
}

TEST(VideoProbe, AverageIsALinearClassifierOfTheMean) {
  const auto source = fresh_parameters(4);
  const VideoProbe probe(small_probe(VideoPooling::average), *source);
  ASSERT_EQ(probe.parameters().all().size(), 2u);
  const Tensor mean = mean_of_sets(features(), kVideos);
  double sum = 0;
  for (std::int64_t token = 5; token < 11; ++token) sum += features().floats()[token * 8 + 3] / 6.0;
  EXPECT_NEAR(mean.floats()[2 * 8 + 3], sum, 1e-6);
}

// Whatever scale and offset the channels have, and nothing of it is learned.
TEST(VideoProbe, StandardisedItDoesNotSeeScalesAndOffsets) {
  for (const VideoPooling pooling : {VideoPooling::attentive, VideoPooling::average}) {
    VideoProbeConfig config = small_probe(pooling);
    config.standardised = true;
    const auto logits_of = [&](const Tensor& x) {
      const auto source = fresh_parameters(4);
      VideoProbe probe(config, *source);
      probe.standardise_by(std::vector<Tensor>{x.slice(0, 5), x.slice(5, 11)});
      probe.parameters().flatten();
      Tape tape;
      const Var logits = probe.logits(x, kVideos);
      tape.backward(cross_entropy(logits, std::vector<std::int32_t>{0, 2, 1}));
      for (const Parameter& parameter : probe.parameters().all()) {
        if (!parameter.name.starts_with("feature_")) continue;
        EXPECT_FALSE(parameter.decay);
        EXPECT_FALSE(parameter.var.gradient().defined()) << parameter.name;
      }
      return test::to_doubles(logits.value());
    };
    const Tensor x = features(), y = Tensor::empty(x.shape());
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      const auto c = static_cast<float>(i % 8);
      y.mutable_floats()[i] = (c + 0.5f) * x.floats()[i] - 3 * c;
    }
    test::expect_close(logits_of(y), logits_of(x), 2e-5, "logits");
  }
}

TEST(VideoProbe, StandardisedItLeavesOutWhatIsTheSameEverywhere) {
  VideoProbeConfig config = small_probe(VideoPooling::average);
  config.standardised = true;
  const auto source = fresh_parameters(4);
  VideoProbe probe(config, *source);
  const Tensor x = features();
  for (std::int64_t i = 3; i < x.elements(); i += 8) x.mutable_floats()[i] = 1000.1f;
  probe.standardise_by(std::vector<Tensor>{x});
  const std::vector<double> before = test::to_doubles(probe.logits(x, kVideos).value());
  for (std::int64_t i = 3; i < x.elements(); i += 8) x.mutable_floats()[i] = -7.0f;
  EXPECT_EQ(test::to_doubles(probe.logits(x, kVideos).value()), before);
}

TEST(VideoProbe, RefusesWhatDoesNotFit) {
  const auto source = fresh_parameters(4);
  EXPECT_EQ(test::error_of([&] {
              VideoProbeConfig config = small_probe(VideoPooling::attentive, 0);
              config.classes = 0;
              VideoProbe(config, *source);
            }),
            "video probe: there must be classes, got 0");
  VideoProbeConfig odd = small_probe(VideoPooling::attentive, 0);
  odd.blocks.heads = 3;
  EXPECT_EQ(test::error_of([&] { odd.validate(); }), "video probe: heads must divide the width, got 3 and 8");
  odd.pooling = VideoPooling::average;
  EXPECT_NO_THROW(odd.validate());
  const VideoProbe probe(small_probe(VideoPooling::average), *source);
  EXPECT_EQ(test::error_of([&] {
              probe.logits(Tensor::zeros({11, 7}), kVideos);
            }),
            "video probe: features must be [11, 8], got [11, 7]");
}

}  // namespace
}  // namespace sequent
