#include "sequent/eval/video_probing.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

// Two classes that differ in one token of six; the mean of both is the same but for noise.
LabelledFeatures one_token_tells(std::int64_t videos, const std::string& name, std::int64_t views = 1) {
  LabelledFeatures features;
  for (std::int64_t i = 0; i < videos; ++i) {
    LabelledFeatures::Video video = {.views = {}, .label = static_cast<std::int32_t>(i % 2)};
    for (std::int64_t view = 0; view < views; ++view) {
      auto values = test::random_values(6 * 24, name + std::to_string(i) + "/" + std::to_string(view));
      const auto at = static_cast<std::size_t>(i % 6 * 24);
      values[at + static_cast<std::size_t>(i % 2)] += 8;
      video.views.push_back(test::to_tensor(values, {6, 24}));
    }
    features.videos.push_back(video);
  }
  return features;
}

const auto kGoOn = [](std::int64_t, std::int64_t, double) { return true; };

TEST(VideoProbing, BothPoolingsLearnWhatTheFeaturesTell) {
  for (const VideoPooling pooling : {VideoPooling::attentive, VideoPooling::average}) {
    ProbingSettings settings;
    settings.pooling = pooling;
    settings.epochs = 60;
    settings.batch = 8;
    settings.lr = 1e-2;
    double first = 0, last = 0;
    std::int64_t steps = 0;
    const auto report = [&](std::int64_t done, std::int64_t total, double loss) {
      EXPECT_EQ(total, 60 * 5);
      (done == 1 ? first : last) = loss;
      steps = done;
      return true;
    };
    const auto probe =
        train_video_probe(one_token_tells(40, "train"), 2, test::small_vjepa().encoder, settings, report);
    EXPECT_EQ(steps, 300);
    EXPECT_LT(last, 0.5 * first);
    const ProbeResult result = test_video_probe(*probe, one_token_tells(40, "test", 3));
    EXPECT_EQ(result.videos, 40);
    EXPECT_GE(result.accuracy(), 0.9);
    EXPECT_EQ(result.confusion[0][0] + result.confusion[1][1], result.right);
    EXPECT_EQ(result.confusion[0][0] + result.confusion[0][1], 20);
  }
}

// What is told stands in a thousandth of what the features are, as in encoders whose tokens are nearly alike.
TEST(VideoProbing, AFaintDifferenceIsFoundUnlessFeaturesAreTakenAsTheyAre) {
  LabelledFeatures training = one_token_tells(40, "train"), test = one_token_tells(40, "test", 3);
  for (LabelledFeatures* features : {&training, &test}) {
    for (LabelledFeatures::Video& video : features->videos) {
      for (const Tensor& view : video.views) {
        for (std::int64_t i = 0; i < view.elements(); ++i) {
          view.mutable_floats()[i] = 1e-3f * view.floats()[i] + static_cast<float>(i % 3);
        }
      }
    }
  }
  ProbingSettings settings;
  settings.pooling = VideoPooling::average;
  settings.epochs = 30;
  settings.batch = 8;
  settings.lr = 1e-2;
  const auto accuracy = [&] {
    const auto probe = train_video_probe(training, 2, test::small_vjepa().encoder, settings, kGoOn);
    return test_video_probe(*probe, test).accuracy();
  };
  EXPECT_GE(accuracy(), 0.9);
  settings.raw_features = true;
  EXPECT_LE(accuracy(), 0.7);
}

TEST(VideoProbing, TheSameSeedGivesTheSameProbe) {
  const auto logits = [](std::int64_t seed) {
    ProbingSettings settings;
    settings.epochs = 2;
    settings.seed = seed;
    const auto probe = train_video_probe(one_token_tells(20, "train"), 2, test::small_vjepa().encoder, settings, kGoOn);
    const Tensor view = one_token_tells(1, "test").videos[0].views[0];
    return test::to_doubles(probe->logits(view, Segments::single(6)).value());
  };
  EXPECT_EQ(logits(1), logits(1));
  EXPECT_NE(logits(1), logits(2));
}

TEST(VideoProbing, StopsWhenAskedAndRefusesSettingsWithoutMeaning) {
  std::int64_t steps = 0;
  train_video_probe(one_token_tells(20, "train"), 2, test::small_vjepa().encoder, {},
                    [&](std::int64_t done, std::int64_t, double) { return (steps = done) < 3; });
  EXPECT_EQ(steps, 3);
  ProbingSettings settings;
  settings.epochs = 0;
  EXPECT_EQ(test::error_of([&] { settings.validate(); }),
            "video probe: epochs and batch must be at least 1, got 0 and 16");
  settings.epochs = 1;
  settings.lr = 0;
  EXPECT_EQ(test::error_of([&] { settings.validate(); }),
            "video probe: lr and clip must be positive and weight_decay not negative, got 0, 1 and 0.01");
}

TEST(VideoProbing, VideosThatCannotBeReadAreSkippedAndCounted) {
  const test::TemporaryDirectory directory;
  VideoList list;
  list.labels = {"a"};
  list.entries = {{directory.write("broken.mp4", "no video"), 0}};
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const VisionTransformer encoder(test::small_vjepa().encoder, "encoder", ParameterScope(parameters));
  int warnings = 0;
  EXPECT_EQ(test::error_of([&] {
              labelled_features(
                  encoder, list, feature_settings(encoder.config()), false, [&](const std::string&) { ++warnings; },
                  [](std::int64_t) { return true; });
            }),
            "video probe: none of 1 videos could be read");
  EXPECT_EQ(warnings, 1);
}

}  // namespace
}  // namespace sequent
