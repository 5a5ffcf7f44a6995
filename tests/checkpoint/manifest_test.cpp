#include "sequent/checkpoint/manifest.h"

#include <cmath>

#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;

TEST(Manifest, ListsEveryFileWithSizeAndChecksum) {
  const TemporaryDirectory directory;
  make_directories(directory / "sub");
  write_file_atomically(directory / "sub/b", "");
  write_file_atomically(directory / "a", "abc");
  write_manifest(directory.path(), 7, 0.1);
  for (const Manifest& manifest : {read_manifest(directory.path()), verify_manifest(directory.path())}) {
    EXPECT_EQ(manifest.step, 7);
    EXPECT_EQ(manifest.validation_loss, 0.1);
    ASSERT_EQ(manifest.files.size(), 2u);
    EXPECT_EQ(manifest.files[0].name, "a");
    EXPECT_EQ(manifest.files[0].bytes, 3);
    EXPECT_EQ(manifest.files[0].checksum, hash64("abc"));
    EXPECT_EQ(manifest.files[1].name, "sub/b");
  }
}

TEST(Manifest, IsRewrittenWithoutListingItself) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "a", "abc");
  write_manifest(directory.path(), 7, {});
  EXPECT_EQ(write_manifest(directory.path(), 8, {}).files.size(), 1u);
  EXPECT_EQ(verify_manifest(directory.path()).step, 8);
}

TEST(Manifest, LeavesOutALossThatIsNotFinite) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(write_manifest(directory.path(), 7, std::nan("")).validation_loss);
  EXPECT_FALSE(verify_manifest(directory.path()).validation_loss);
}

TEST(Manifest, SeesEveryFlippedBitAndEveryTruncationOfAFile) {
  const TemporaryDirectory directory;
  const std::string path = directory / "a";
  const std::string whole = "the weights of a model";
  const auto overwrite = [&](const std::string& text) {
    std::filesystem::remove(path);
    FileWriter writer(path, FileWriter::Mode::create);
    writer.write(text);
    writer.flush();
  };
  overwrite(whole);
  write_manifest(directory.path(), 1, {});
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    overwrite(flipped);
    ASSERT_EQ(error_of([&] { verify_manifest(directory.path()); }),
              "checkpoint: " + path + " is damaged (checksum differs)");
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    overwrite(whole.substr(0, size));
    ASSERT_EQ(error_of([&] { verify_manifest(directory.path()); }),
              fmt::format("checkpoint: {} is damaged (has {} bytes instead of 22)", path, size));
  }
  std::filesystem::remove(path);
  EXPECT_EQ(error_of([&] { verify_manifest(directory.path()); }), "checkpoint: " + path + " is damaged (missing)");
}

TEST(Manifest, RefusesOneThatIsAbsentForeignOrLeavesTheDirectory) {
  const TemporaryDirectory directory;
  const std::string path = directory / "manifest.json";
  const auto refusal = [&] { return error_of([&] { verify_manifest(directory.path()); }); };
  EXPECT_EQ(refusal(), "checkpoint: " + path + " is damaged (missing)");
  write_file_atomically(path, "{\"content\":{}}");
  EXPECT_EQ(refusal(), "checkpoint: " + path + " is damaged (not a manifest)");
  write_file_atomically(path, "[]");
  EXPECT_EQ(refusal(), "checkpoint: " + path + " is damaged (" + path + ": must be a JSON object, got array)");
  const auto forged = [&](const std::string& content) {
    write_file_atomically(path, fmt::format(R"({{"content":{},"xxh64":"{:016x}"}})", content, hash64(content)));
    return refusal();
  };
  EXPECT_EQ(forged(R"({"files":[{"bytes":1,"name":"../a","xxh64":"0"}],"step":1})"),
            "checkpoint: " + path + " is damaged (name outside of the checkpoint)");
  EXPECT_EQ(forged(R"({"files":[{"bytes":1,"name":"/a","xxh64":"0"}],"step":1})"),
            "checkpoint: " + path + " is damaged (name outside of the checkpoint)");
  EXPECT_EQ(forged(R"({"files":[{"bytes":1,"name":"a","xxh64":"zz"}],"step":1})"),
            "checkpoint: " + path + " is damaged (not a manifest)");
  EXPECT_EQ(forged(R"({"files":3,"step":1})"), "checkpoint: " + path + " is damaged (not a manifest)");
}

}  // namespace
}  // namespace sequent
