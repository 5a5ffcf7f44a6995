#include "sequent/train/video_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "sequent/video/video_writer.h"
#include "tests/support/small_videos.h"

namespace sequent {
namespace {

class VideoRuns : public testing::TestWithParam<std::string> {
 protected:
  VideoRuns() { test::write_small_videos(directory / "videos"); }
  VideoTrainConfig config(const std::string& out) const {
    VideoTrainConfig config = test::small_video_run(directory / "videos", directory / out);
    config.masks = GetParam();
    return config;
  }
  std::string weights(const std::string& out) const {
    return read_text(directory / (out + "/checkpoints/step-12/model.safetensors"));
  }
  const test::TemporaryDirectory directory;
};

// Weights, target, order of the videos, crops and masks are all those of the run that was not stopped, however many
// threads decode.
TEST_P(VideoRuns, StoppedAndResumedEqualUninterruptedBitForBit) {
  train_on_video(config("whole"), {});
  VideoTrainConfig parts = config("parts");
  parts.workers = 1;
  std::atomic<bool> stop = false;
  TrainEvents events;
  events.stop = &stop;
  events.step = [&](const StepMetrics& metrics) { stop = stop || metrics.step == 6; };
  const TrainResult stopped = train_on_video(parts, events);
  EXPECT_TRUE(stopped.interrupted);
  const TrainResult result = resume_on_video(parts.out, {});
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.steps, 12);
  EXPECT_EQ(result.clips, 36);
  EXPECT_EQ(weights("parts"), weights("whole"));
  const std::string log = read_text(directory / "parts/metrics.jsonl");
  for (const char* key : {"clips_per_second", "data_wait", "feature_std", "effective_rank", "target_norm",
                          "token_cosine", "momentum", "weight_decay"}) {
    EXPECT_NE(log.find(std::string("\"") + key + "\":"), std::string::npos) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, VideoRuns, testing::Values("multiblock", "random-tube", "causal"),
                         [](const auto& run) { return run.param == "random-tube" ? "RandomTube" : run.param; });

// The same waves that go to the right, again and again: seen whole, what is hidden follows from its place, which a few
// steps are enough to learn.
void write_waves(const std::string& directory) {
  constexpr std::int64_t kSize = 32, kFrames = 12, kVideos = 8;
  make_directories(directory);
  for (std::int64_t video = 0; video < kVideos; ++video) {
    VideoWriter writer(directory + "/" + std::to_string(video) + ".mp4", kSize, kSize, 12);
    for (std::int64_t t = 0; t < kFrames; ++t) {
      const Tensor frame = Tensor::empty({kSize, kSize, 3}, DType::u8);
      for (std::int64_t i = 0; i < frame.elements(); ++i) {
        const double x = static_cast<double>(i / 3 % kSize) / 16, time = static_cast<double>(t) / kFrames;
        frame.mutable_data<std::uint8_t>()[i] =
            static_cast<std::uint8_t>(std::lround(128 + 100 * std::sin(2 * std::numbers::pi * (x - time))));
      }
      writer.add(frame);
    }
    writer.finish();
  }
}

TEST(VideoRunSlow, LowersItsLoss) {
  const test::TemporaryDirectory directory;
  write_waves(directory / "videos");
  for (const std::string target : {"features", "pixels"}) {
    VideoTrainConfig config = test::small_video_run(directory / "videos", directory / target);
    config.target = target;
    config.smallest_crop = 1;
    config.flip = false;
    config.lr = 2e-3;
    config.warmup = 10;
    config.steps = 100;
    std::vector<double> losses;
    TrainEvents events;
    events.step = [&](const StepMetrics& metrics) { losses.push_back(*metrics.loss); };
    train_on_video(config, events);
    // Batches of three clips are noisy: the mean of the first and the last twenty.
    const auto mean = [](auto begin) { return std::accumulate(begin, begin + 20, 0.0) / 20; };
    EXPECT_LT(mean(losses.end() - 20), mean(losses.begin()) - 0.02) << target;
  }
}

}  // namespace
}  // namespace sequent
