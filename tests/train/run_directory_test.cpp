#include "sequent/train/run_directory.h"

#include <sys/wait.h>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TemporaryDirectory;
using Names = std::vector<std::string>;
using Steps = std::vector<std::int64_t>;

/// A checkpoint of two files whose contents tell the step.
void write_checkpoint(const std::string& directory, std::int64_t step) {
  write_file_atomically(directory + "/model.safetensors", "weights of " + std::to_string(step));
  make_directories(directory + "/more");
  write_file_atomically(directory + "/more/state", std::string(100, static_cast<char>('a' + step % 26)));
}

Checkpoint save(RunDirectory& run, std::int64_t step, std::optional<double> loss = {}, int keep_last = 3) {
  return run.save_checkpoint(
      step, [&](const std::string& directory) { write_checkpoint(directory, step); }, loss, keep_last);
}

std::string link_of(const TemporaryDirectory& directory, const std::string& name) {
  return fs::read_symlink(directory / name).string();
}

void flip_a_bit(const std::string& path) {
  std::string text = read_text(path);
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 4);
  write_file_atomically(path, text);
}

/// Without waiting for the disk, for tests that do so a thousand times.
void overwrite(const std::string& path, const std::string& text) {
  fs::remove(path);
  FileWriter writer(path, FileWriter::Mode::create);
  writer.write(text);
  writer.flush();
}

TEST(RunDirectory, SavesCheckpointsAndPointsAtTheNewestAndTheBest) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory / "a/run", "arch = \"mamba\"\n");
  EXPECT_EQ(run.config(), "arch = \"mamba\"\n");
  EXPECT_FALSE(run.latest_checkpoint());
  save(run, 100, 2.0);
  save(run, 200, 3.0);
  const std::optional<Checkpoint> latest = run.latest_checkpoint();
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->step, 200);
  EXPECT_EQ(latest->validation_loss, 3.0);
  EXPECT_EQ(read_text(latest->directory + "/model.safetensors"), "weights of 200");
  EXPECT_EQ(read_text(directory / "a/run/latest/model.safetensors"), "weights of 200");
  EXPECT_EQ(read_text(directory / "a/run/best/model.safetensors"), "weights of 100");
  EXPECT_EQ(link_of(directory, "a/run/latest"), "checkpoints/step-200");
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "a/run"), (Names{"best", "checkpoints", "config.toml", "latest"}));
}

TEST(RunDirectory, KeepsTheLastAndTheBest) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  const double losses[] = {5, 1, 4, 3, 2};
  for (std::int64_t step = 1; step <= 5; ++step) save(run, step, losses[step - 1], 2);
  EXPECT_EQ(run.steps(), (Steps{2, 4, 5}));
  EXPECT_EQ(link_of(directory, "best"), "checkpoints/step-2");
  save(run, 6, 0.5, 1);
  EXPECT_EQ(run.steps(), Steps{6});
  EXPECT_EQ(run.best_checkpoint()->step, 6);
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "checkpoints"), Names{"step-6"});
}

TEST(RunDirectory, RemembersTheBestAcrossAResume) {
  const TemporaryDirectory directory;
  {
    RunDirectory run = RunDirectory::create(directory.path(), "");
    save(run, 1, 1.0);
    save(run, 2, 2.0);
  }
  RunDirectory run = RunDirectory::open(directory.path());
  EXPECT_EQ(run.best_checkpoint()->step, 1);
  for (std::int64_t step = 3; step < 9; ++step) save(run, step, 1.5);
  EXPECT_EQ(link_of(directory, "best"), "checkpoints/step-1");
  EXPECT_EQ(run.steps(), (Steps{1, 6, 7, 8}));
}

TEST(RunDirectory, ReplacesACheckpointOfTheSameStep) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  save(run, 1, 1.0);
  run.save_checkpoint(
      1, [](const std::string& path) { write_file_atomically(path + "/other", "x"); }, 2.0);
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "latest"), (Names{"manifest.json", "other"}));
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "checkpoints"), Names{"step-1"});
  EXPECT_EQ(run.best_checkpoint()->validation_loss, 2.0);
}

TEST(RunDirectory, RefusesAFreshRunWhereThereIsOneAndAResumeWhereThereIsNone) {
  const TemporaryDirectory directory;
  const std::string path = directory / "run";
  { RunDirectory run = RunDirectory::create(path, ""); }
  EXPECT_EQ(error_of([&] { RunDirectory::create(path, ""); }),
            path + " already holds a run: use --resume to continue it, or another --out");
  EXPECT_EQ(error_of([&] { RunDirectory::open(directory / "absent"); }),
            (directory / "absent") + " holds no run: there is no config.toml");
  write_file_atomically(directory / "file", "x");
  EXPECT_EQ(error_of([&] { RunDirectory::create(directory / "file", ""); }),
            "cannot create directory " + (directory / "file") + ": " + (directory / "file") + " is a file");
}

TEST(RunDirectory, IsHeldByOneProcessAtATime) {
  const TemporaryDirectory directory;
  const RunDirectory run = RunDirectory::create(directory.path(), "");
  EXPECT_EQ(error_of([&] { RunDirectory::open(directory.path()); }),
            directory.path().string() + " is in use by another process");
}

TEST(RunDirectory, NamesADamagedCheckpointAndTheNewestWholeOne) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  save(run, 100);
  save(run, 200);
  const std::string model = directory / "checkpoints/step-200/model.safetensors";
  const std::string whole = read_text(model);
  const auto sentence = [&] { return error_of([&] { run.latest_checkpoint(); }); };

  flip_a_bit(model);
  EXPECT_EQ(sentence(), "checkpoint: " + model + " is damaged (checksum differs); step-100 is the newest whole one");
  std::vector<std::string> damaged;
  EXPECT_EQ(run.latest_checkpoint(&damaged)->step, 100);
  EXPECT_EQ(damaged, Names{"checkpoint: " + model + " is damaged (checksum differs)"});

  write_file_atomically(model, whole.substr(0, 3));
  EXPECT_EQ(sentence(),
            "checkpoint: " + model + " is damaged (has 3 bytes instead of 14); step-100 is the newest whole one");
  fs::remove(model);
  EXPECT_EQ(sentence(), "checkpoint: " + model + " is damaged (missing); step-100 is the newest whole one");

  flip_a_bit(directory / "checkpoints/step-100/more/state");
  EXPECT_EQ(sentence(),
            "checkpoint: " + model + " is damaged (missing); there is no whole one in " + (directory / "checkpoints"));
}

TEST(RunDirectory, SeesEveryFlippedBitOfTheManifestThatMatters) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  save(run, 100, 2.5);
  const std::string path = directory / "checkpoints/step-100/manifest.json";
  const std::string whole = read_text(path);
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    overwrite(path, flipped);
    try {
      const auto checkpoint = run.latest_checkpoint();
      ASSERT_TRUE(checkpoint && checkpoint->step == 100 && checkpoint->validation_loss == 2.5) << bit;
    } catch (const Error& error) {
      ++refused;
      ASSERT_TRUE(std::string(error.what()).starts_with("checkpoint: " + path + " is damaged (")) << error.what();
    }
  }
  EXPECT_GT(refused, static_cast<int>(4 * whole.size()));  // the others fell on white space
}

TEST(RunDirectory, RewindsToAStep) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  for (const std::int64_t step : {100, 200}) save(run, step, 3.0 - 0.01 * static_cast<double>(step));
  write_file_atomically(run.metrics_path(), "{\"step\":90}\n{\"step\":110}\n{\"ste");
  flip_a_bit(directory / "checkpoints/step-200/model.safetensors");
  run.rewind(100);
  EXPECT_EQ(read_text(run.metrics_path()), "{\"step\":90}\n");
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "checkpoints"), (Names{"damaged-step-200", "step-100"}));
  EXPECT_EQ(link_of(directory, "latest"), "checkpoints/step-100");
  EXPECT_EQ(link_of(directory, "best"), "checkpoints/step-100");
  EXPECT_EQ(run.latest_checkpoint()->step, 100);
  run.rewind(0);
  EXPECT_FALSE(run.latest_checkpoint());
  EXPECT_FALSE(fs::exists(fs::symlink_status(directory / "latest")));
}

TEST(RunDirectory, KeepsThePreviousCheckpointWhenTheDiskIsFull) {
  const TemporaryDirectory directory;
  RunDirectory run = RunDirectory::create(directory.path(), "");
  save(run, 100, 2.0);
  {
    const test::FileSizeLimit limit(1000);
    const std::string sentence = error_of([&] {
      run.save_checkpoint(200, [](const std::string& path) {
        write_checkpoint(path, 200);
        write_file_atomically(path + "/large", std::string(2000, 'x'));
      });
    });
    EXPECT_EQ(sentence, "cannot write " + (directory / "checkpoints/.tmp-step-200/large") + ": File too large");
  }
  EXPECT_EQ(TemporaryDirectory::names_in(directory / "checkpoints"), Names{"step-100"});
  EXPECT_EQ(run.latest_checkpoint()->step, 100);
  EXPECT_EQ(read_text(directory / "latest/model.safetensors"), "weights of 100");
}

// The process is killed while it saves checkpoint after checkpoint; whatever the moment, the run opens, its newest
// checkpoint is whole, at least as new as the last one announced, and nothing unfinished is left.
TEST(RunDirectory, SurvivesAKillAtAnyMoment) {
  for (int round = 0; round < 20; ++round) {
    const TemporaryDirectory directory;
    { RunDirectory run = RunDirectory::create(directory.path(), "config"); }
    int announced[2];
    ASSERT_EQ(pipe(announced), 0);
    const pid_t child = fork();
    if (child == 0) {
      RunDirectory run = RunDirectory::open(directory.path());
      for (std::int64_t step = 1; step < 10000; ++step) {
        save(run, step, 1.0 / static_cast<double>(step), 2);
        if (write(announced[1], &step, sizeof(step)) < 0) break;
      }
      _exit(0);
    }
    std::int64_t last = 0;
    ASSERT_EQ(read(announced[0], &last, sizeof(last)), static_cast<ssize_t>(sizeof(last)));
    usleep(static_cast<useconds_t>(700 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(announced[1]);
    for (std::int64_t step; read(announced[0], &step, sizeof(step)) == sizeof(step);) last = step;
    close(announced[0]);

    RunDirectory run = RunDirectory::open(directory.path());
    const auto latest = run.latest_checkpoint();
    ASSERT_TRUE(latest);
    EXPECT_GE(latest->step, last);
    EXPECT_EQ(read_text(latest->directory + "/model.safetensors"), "weights of " + std::to_string(latest->step));
    run.rewind(latest->step);
    EXPECT_EQ(link_of(directory, "latest"), "checkpoints/step-" + std::to_string(latest->step));
    for (const std::string& name : TemporaryDirectory::names_in(directory / "checkpoints")) {
      EXPECT_TRUE(name.starts_with("step-")) << name;
    }
  }
}

}  // namespace
}  // namespace sequent
