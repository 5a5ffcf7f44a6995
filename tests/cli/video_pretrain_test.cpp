#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/process.h"
#include "tests/support/small_videos.h"

namespace sequent {
namespace {

class VideoPretrainCommand : public testing::Test {
 protected:
  VideoPretrainCommand() { test::write_small_videos(directory / "videos"); }
  std::vector<std::string> words(const std::string& out, const std::string& steps) const {
    return {"video",
            "pretrain",
            "--data",
            directory / "videos",
            "--out",
            directory / out,
            "--steps",
            steps,
            "--layers",
            "2",
            "--patch",
            "8",
            "--image-size",
            "32",
            "--frames",
            "8",
            "--stride",
            "1",
            "--batch",
            "3",
            "--save-every",
            "2",
            "--predictor-width",
            "48",
            "--predictor-layers",
            "1",
            "--log-every",
            "1"};
  }
  std::string weights(const std::string& out, const std::string& step) const {
    return test::contents_of(directory / (out + "/checkpoints/step-" + step + "/model.safetensors"));
  }
  const test::TemporaryDirectory directory;
};

TEST_F(VideoPretrainCommand, TrainsAndSaysWhatItMade) {
  std::vector<std::string> arguments = words("run", "4");
  arguments.push_back("--json");
  const test::CommandResult result = test::sequent(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto object = nlohmann::json::parse(result.out);
  EXPECT_EQ(object["steps"], 4);
  EXPECT_EQ(object["clips"], 12);
  EXPECT_TRUE(std::filesystem::exists(object["model"].get<std::string>() + "/config.json"));
}

TEST_F(VideoPretrainCommand, SaysWhatTheBottleneckIs) {
  const test::CommandResult result = test::sequent(words("run", "4"));
  EXPECT_NE(result.err.find("clips/s"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("decoding was waited for"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("the bottleneck"), std::string::npos) << result.err;
}

TEST_F(VideoPretrainCommand, KilledAndResumedEndsWithTheSameBits) {
  ASSERT_EQ(test::sequent(words("whole", "30")).exit_code, 0);
  const test::Process process(words("parts", "30"), directory / "log");
  const std::string checkpoint = directory / "parts/checkpoints/step-4";
  for (int i = 0; i < 3000 && !std::filesystem::exists(checkpoint); ++i) usleep(10000);
  process.signal(SIGKILL);
  process.wait();
  const test::CommandResult resumed = test::sequent({"video", "pretrain", "--resume", "--out", directory / "parts"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(weights("parts", "30"), weights("whole", "30"));
  EXPECT_FALSE(weights("whole", "30").empty());
}

TEST_F(VideoPretrainCommand, RefusesWhatIsWrong) {
  const test::CommandResult recipe = test::sequent({"video", "pretrain", "--recipe", "vits"});
  EXPECT_EQ(recipe.exit_code, 1);
  EXPECT_NE(recipe.err.find("known are vitl16"), std::string::npos) << recipe.err;
  EXPECT_NE(test::sequent({"video", "pretrain", "--steps", "1", "--out", "x"}).err.find("data: no videos"),
            std::string::npos);
}

}  // namespace
}  // namespace sequent
