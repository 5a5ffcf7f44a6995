#include "sequent/train/tensorboard.h"

#include <limits>

#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(TensorBoard, WritesTheBytesOfTensorBoardItself) {
  const Scalar scalars[] = {{"loss", 1.875f},
                            {"moe/0/" + std::string(200, 'x'), std::numeric_limits<float>::infinity()}};
  const std::string written = tensorboard_version_event(1700000000.25) + tensorboard_restart_event(1700000000.5, 301) +
                              tensorboard_scalars_event(1700000001.0, 5'000'000'000, scalars);
  EXPECT_EQ(written, read_text(SEQUENT_SOURCE_DIR "/tests/golden/train/events.tfrecord"));
}

TEST(TensorBoardWriter, BeginsANewFileEachTimeInTheOrderOfTheirNames) {
  const test::TemporaryDirectory directory;
  const Scalar loss = {"loss", 2.0f};
  for (std::int64_t first_step = 0; first_step < 3; ++first_step) {
    TensorBoardWriter writer(directory.path(), first_step);
    writer.add(first_step, std::span(&loss, 1));
  }
  const std::vector<std::string> names = directory.names();
  ASSERT_EQ(names.size(), 3u);
  // The first file has no step in its scalars (0 is left out) and no restart event.
  const std::size_t restart = tensorboard_restart_event(0, 1).size();
  EXPECT_EQ(read_text(directory / names[1]).size(), read_text(directory / names[0]).size() + restart + 2);
  for (const std::string& name : names) EXPECT_TRUE(name.starts_with("events.out.tfevents.")) << name;
}

TEST(TensorBoardWriter, SaysWhereItCannotWrite) {
  const test::TemporaryDirectory directory;
  const std::string sentence = test::error_of([&] { TensorBoardWriter(directory / "absent", 0); });
  EXPECT_TRUE(sentence.starts_with("cannot write " + (directory / "absent/events.out.tfevents."))) << sentence;
}

}  // namespace
}  // namespace sequent
