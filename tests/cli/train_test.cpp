// The train command as a user runs it: killed, resumed, interrupted, misused.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "sequent/base/files.h"
#include "sequent/base/random.h"
#include "sequent/base/stopwatch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"
#include "tests/support/sample_text.h"

namespace sequent {
namespace {

using test::Process;

std::vector<std::string> train_words(const test::TemporaryDirectory& directory, const std::string& out,
                                     const std::string& arch, int steps, int save_every) {
  std::vector<std::string> words = {"train", "--data", directory / "text.txt", "--cache", directory / "cache"};
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"arch", arch},
                                                        {"out", directory / out},
                                                        {"width", "32"},
                                                        {"layers", "2"},
                                                        {"context", "32"},
                                                        {"batch", "4"},
                                                        {"steps", std::to_string(steps)},
                                                        {"save-every", std::to_string(save_every)},
                                                        {"eval-every", "200"},
                                                        {"threads", "1"}}) {
    words.push_back("--" + flag);
    words.push_back(value);
  }
  return words;
}

class TrainCommand : public testing::Test {
 protected:
  TrainCommand() { directory.write("text.txt", test::some_text(2000)); }
  std::vector<std::string> arguments(const std::string& out, const std::string& arch, int steps) const {
    return train_words(directory, out, arch, steps, 10);
  }
  int run(const std::vector<std::string>& words) { return Process(words, log()).wait(); }
  std::string log() const { return directory / "log"; }
  std::string weights(const std::string& run, int steps) const {
    return read_text(directory / (run + "/checkpoints/step-" + std::to_string(steps) + "/model.safetensors"));
  }
  test::TemporaryDirectory directory;
};

TEST_F(TrainCommand, InterruptSavesAndSaysHowToResume) {
  Process process(arguments("run", "mamba", 100000), log());
  while (!std::filesystem::exists(directory / "run/checkpoints/step-10")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_NE(read_text(log()).find("sequent train --resume --out"), std::string::npos) << read_text(log());
}

TEST_F(TrainCommand, MisuseIsExplained) {
  const auto complaint = [&](const std::vector<std::string>& words, int code) {
    EXPECT_EQ(run(words), code);
    return read_text(log());
  };
  EXPECT_NE(complaint({"train", "--learning-speed", "3"}, 2).find("--learning-speed"), std::string::npos);
  EXPECT_NE(complaint({"train", "--steps", "3"}, 1).find("data: no text was given"), std::string::npos);
  std::vector<std::string> words = arguments("run", "mamba", 3);
  words.push_back("lerning_rate=3");
  EXPECT_NE(complaint(words, 1).find("there is no setting 'lerning_rate'"), std::string::npos);
  // A flag of one value leaves the word after it alone.
  EXPECT_NE(complaint({"train", "--steps", "3", "lerning_rate=3"}, 1).find("'lerning_rate'"), std::string::npos);
  EXPECT_NE(complaint({"train", "--resume", "--out", directory / "nothing"}, 1).find("nothing"), std::string::npos);
  EXPECT_NE(complaint(arguments("text.txt/run", "mamba", 3), 1).find("text.txt"), std::string::npos);
}

TEST_F(TrainCommand, APatternIsTheModel) {
  std::vector<std::string> words = arguments("run", "mamba", 20);
  words.insert(words.end(), {"--pattern", "mamba/none attention/glu"});
  ASSERT_EQ(run(words), 0) << read_text(log());
  EXPECT_EQ(run({"inspect", directory / "run"}), 0);
  EXPECT_NE(read_text(log()).find("mamba/none attention/glu"), std::string::npos) << read_text(log());
  words = arguments("other", "mamba", 20);
  words.insert(words.end(), {"--pattern", "mamba/none attention/glv"});
  EXPECT_EQ(run(words), 1);
  EXPECT_NE(read_text(log()).find("character 22"), std::string::npos) << read_text(log());
}

TEST_F(TrainCommand, ResumingSaysWhichCheckpointIsDamaged) {
  ASSERT_EQ(run(arguments("run", "mamba", 20)), 0) << read_text(log());
  const std::string file = directory / "run/checkpoints/step-20/model.safetensors";
  std::string bytes = read_text(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomically(file, bytes);
  EXPECT_EQ(run({"train", "--resume", "--out", directory / "run", "--threads", "1"}), 0);
  EXPECT_NE(read_text(log()).find("model.safetensors is damaged"), std::string::npos) << read_text(log());
  EXPECT_TRUE(std::filesystem::exists(directory / "run/checkpoints/damaged-step-20"));
}

// The newest checkpoint of a run; 0 without one.
std::int64_t newest_step(const std::string& run) {
  std::int64_t newest = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(run + "/checkpoints", none)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("step-", 0) == 0) newest = std::max<std::int64_t>(newest, std::stoll(name.substr(5)));
  }
  return newest;
}

// Killed without warning at random moments and resumed each time, the run ends with the same weights.
TEST(SlowTrainCommand, SurvivesTwentyKills) {
  constexpr int kSteps = 6000;
  for (const std::string arch : {"mamba", "transformer"}) {
    test::TemporaryDirectory directory;
    directory.write("text.txt", test::some_text(2000));
    const std::vector<std::string> resume = {"train", "--resume", "--out", directory / "killed", "--threads", "1"};
    const std::string log = directory / "log";
    ASSERT_EQ(Process(train_words(directory, "whole", arch, kSteps, 40), log).wait(), 0) << read_text(log);
    const Random random(1, Random::stream_of(arch));
    int kills = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
      const std::int64_t before = newest_step(directory / "killed");
      const bool started = std::filesystem::exists(directory / "killed/config.toml");
      const Process process(started ? resume : train_words(directory, "killed", arch, kSteps, 40), log);
      // Every fourth may be killed while it starts, the others after they saved something, whatever the machine's
      // speed: so each moves the run on by little, and twenty cannot reach its end.
      const Stopwatch waited;
      while (i % 4 != 0 && newest_step(directory / "killed") <= before && waited.seconds() < 60) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      std::this_thread::sleep_for(std::chrono::duration<double>(0.05 * random.uniform(i)));
      process.signal(SIGKILL);
      if (process.wait() == -SIGKILL) ++kills;
    }
    EXPECT_EQ(kills, 20) << "the run ended too soon";
    ASSERT_EQ(Process(resume, log).wait(), 0) << read_text(log);
    const auto weights = [&](const std::string& run) {
      return read_text(directory / (run + "/checkpoints/step-6000/model.safetensors"));
    };
    EXPECT_EQ(weights("killed"), weights("whole")) << arch;
  }
}

}  // namespace
}  // namespace sequent
