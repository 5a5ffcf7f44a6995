#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/checkpoint/tensor_file.h"
#include "sequent/models/vjepa_directory.h"
#include "sequent/video/synthetic.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

class VideoFeaturesCommand : public testing::Test {
 protected:
  VideoFeaturesCommand() {
    const auto source = fresh_parameters(5);
    std::filesystem::create_directories(directory / "model");
    save_vjepa(directory / "model", VJepa(test::small_vjepa(), *source));
    SyntheticVideos synthetic;
    synthetic.videos = 2;
    synthetic.frames = 20;
    synthetic.size = 32;
    write_synthetic_videos(synthetic, directory / "set");
    directory.write("set/left/broken.mp4", "no video");
  }
  test::CommandResult run(std::vector<std::string> more) const {
    std::vector<std::string> words = {"video", "features", directory / "model", directory / "set", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return test::sequent(words);
  }
  test::TemporaryDirectory directory;
};

TEST_F(VideoFeaturesCommand, WritesATensorForEachVideoAndSkipsWhatIsBroken) {
  const test::CommandResult result = run({"--out", directory / "x.safetensors"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto object = nlohmann::json::parse(result.out);
  EXPECT_EQ(object["videos"].size(), 2u);
  EXPECT_EQ(object["skipped"], 1);
  EXPECT_EQ(object["shape"], nlohmann::json({24}));
  EXPECT_NE(result.err.find("broken.mp4"), std::string::npos) << result.err;
  const TensorFile file = TensorFile::open(directory / "x.safetensors");
  EXPECT_EQ(file.shape(object["videos"][1].get<std::string>()), (Shape{24}));
}

TEST_F(VideoFeaturesCommand, WritesTokensAsAnArrayAndAMap) {
  const test::CommandResult result =
      run({"--out", directory / "x.npy", "--tokens", "--clips", "2", "--map", directory / "map.png"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto object = nlohmann::json::parse(result.out);
  EXPECT_EQ(object["shape"], nlohmann::json({2, 2, 2, 2, 24}));
  EXPECT_EQ(std::filesystem::file_size(directory / "x.npy"), 128u + 4u * 2 * 2 * 8 * 24);
  EXPECT_GT(std::filesystem::file_size(directory / "map.png"), 100u);
}

TEST_F(VideoFeaturesCommand, SaysWhatIsWrong) {
  EXPECT_NE(run({}).err.find("give --out or --map"), std::string::npos);
  EXPECT_NE(run({"--out", "x.txt"}).err.find("must end with .safetensors or .npy"), std::string::npos);
  EXPECT_EQ(run({"--out", "x.npy", "--clips", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace sequent
