#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/vjepa_directory.h"
#include "sequent/video/synthetic.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

class VideoProbeCommand : public testing::Test {
 protected:
  VideoProbeCommand() {
    const auto source = fresh_parameters(5);
    std::filesystem::create_directories(directory / "model");
    save_vjepa(directory / "model", VJepa(test::small_vjepa(), *source));
    SyntheticVideos synthetic;
    synthetic.videos = 32;
    synthetic.frames = 8;
    synthetic.size = 16;
    write_synthetic_videos(synthetic, directory / "set");
  }
  test::CommandResult run(std::vector<std::string> more) const {
    std::vector<std::string> words = {"video",    "probe", directory / "model", directory / "set",
                                      "--stride", "1",     "--epochs",          "2"};
    words.insert(words.end(), more.begin(), more.end());
    return test::sequent(words);
  }
  test::TemporaryDirectory directory;
};

TEST_F(VideoProbeCommand, HoldsOutAShareOfEachLabelAndCountsWhatWasSaid) {
  for (const char* pooling : {"attentive", "average"}) {
    const test::CommandResult result =
        run({"--json", "--pooling", pooling, "--clips", "2", "--views", "2", "--save", directory / "probe"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto object = nlohmann::json::parse(result.out);
    EXPECT_EQ(object["pooling"], pooling);
    EXPECT_EQ(object["videos"], 8);
    EXPECT_EQ(object["training_videos"], 24);
    ASSERT_EQ(object["confusion"].size(), 8u);
    for (const auto& row : object["confusion"]) {
      int sum = 0;
      for (const int count : row) sum += count;
      EXPECT_EQ(sum, 1);
    }
    const auto probe = load_video_probe(directory / "probe", test::small_vjepa().encoder);
    EXPECT_EQ(probe->config().classes, 8);
  }
}

TEST_F(VideoProbeCommand, PrintsATable) {
  const test::CommandResult result = run({"--untrained"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("accuracy"), std::string::npos);
  EXPECT_NE(result.out.find("counterclockwise"), std::string::npos);
}

TEST_F(VideoProbeCommand, SaysWhatIsWrong) {
  EXPECT_NE(run({"--held-out", "1.5"}).err.find("must be between 0 and 1, got 1.5"), std::string::npos);
  EXPECT_NE(run({"--batch", "0"}).err.find("must be at least 1"), std::string::npos);
  EXPECT_NE(run({"--pooling", "max"}).err.find("attentive"), std::string::npos);
}

}  // namespace
}  // namespace sequent
