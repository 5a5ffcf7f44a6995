#include "sequent/base/files.h"

#include <sys/stat.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;
using Names = std::vector<std::string>;

TEST(MappedFile, HoldsTheWholeFileAndOutlivesItsReplacement) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "a", "first contents");
  const auto file = MappedFile::open(directory / "a");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->data()), file->bytes().size()), "first contents");
  write_file_atomically(directory / "a", "x");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->data()), file->bytes().size()), "first contents");
  EXPECT_EQ(read_text(directory / "a"), "x");
}

TEST(MappedFile, MayBeEmpty) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "empty", "");
  EXPECT_EQ(MappedFile::open(directory / "empty")->size(), 0);
  EXPECT_EQ(read_text(directory / "empty"), "");
}

TEST(MappedFile, SaysWhichFileAndWhy) {
  const TemporaryDirectory directory;
  const std::string absent = directory / "absent";
  EXPECT_EQ(error_of([&] { MappedFile::open(absent); }), "cannot open " + absent + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_text(absent); }), "cannot open " + absent + ": No such file or directory");
  EXPECT_EQ(error_of([&] { MappedFile::open(directory.path()); }),
            "cannot open " + directory.path().string() + ": Is a directory");
  EXPECT_EQ(error_of([&] { read_text(directory.path()); }),
            "cannot read " + directory.path().string() + ": Is a directory");
  ASSERT_EQ(mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { MappedFile::open(directory / "pipe"); }),
            "cannot open " + (directory / "pipe") + ": it is not a regular file");
}

TEST(ReadText, ReadsFilesWhoseSizeIsNotKnownBeforehand) {
  EXPECT_GT(read_text("/proc/self/status").size(), 100u);
}

TEST(WriteFileAtomically, WritesSmallAndLargePiecesInOrder) {
  const TemporaryDirectory directory;
  std::string expected;
  write_file_atomically(directory / "a", [&](FileWriter& writer) {
    for (const std::size_t size : {0, 1, 1000, 65536, 65537, 3, 200000, 65535, 2}) {
      const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
      writer.write(piece);
      expected += piece;
    }
  });
  EXPECT_EQ(read_text(directory / "a"), expected);
  EXPECT_EQ(directory.names(), Names{"a"});
}

TEST(WriteFileAtomically, LeavesTheOldFileWhenTheWriterFails) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "a", "old");
  EXPECT_EQ(error_of([&] {
              write_file_atomically(directory / "a", [](FileWriter& writer) {
                writer.write(std::string(100000, 'x'));
                fail("gave up");
              });
            }),
            "gave up");
  EXPECT_EQ(read_text(directory / "a"), "old");
  EXPECT_EQ(directory.names(), Names{"a"});
}

TEST(WriteFileAtomically, LeavesTheOldFileWhenTheDiskIsFull) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "a", "old");
  for (const std::size_t size : {5000, 500000}) {  // fails in the last flush, and in a direct write
    const test::FileSizeLimit limit(4096);
    EXPECT_EQ(error_of([&] { write_file_atomically(directory / "a", std::string(size, 'x')); }),
              "cannot write " + (directory / "a") + ": File too large");
    EXPECT_EQ(read_text(directory / "a"), "old");
    EXPECT_EQ(directory.names(), Names{"a"});
  }
}

TEST(FileWriter, NamesAFullDisk) {
  FileWriter writer("/dev/full", FileWriter::Mode::append, "runs/a/model.safetensors");
  writer.write("abc");
  EXPECT_EQ(error_of([&] { writer.flush(); }), "cannot write runs/a/model.safetensors: No space left on device");
}

TEST(FileWriter, AppendsAndRefusesToCreateOverAFile) {
  const TemporaryDirectory directory;
  for (const char* text : {"one\n", "two\n"}) {
    FileWriter writer(directory / "log", FileWriter::Mode::append);
    writer.write(text);
    writer.sync();
  }
  EXPECT_EQ(read_text(directory / "log"), "one\ntwo\n");
  EXPECT_EQ(error_of([&] { FileWriter(directory / "log", FileWriter::Mode::create); }),
            "cannot write " + (directory / "log") + ": File exists");
}

TEST(WriteFileAtomically, RefusesWhatIsNotAFile) {
  const TemporaryDirectory directory;
  EXPECT_EQ(error_of([&] { write_file_atomically("/dev/null", "x"); }),
            "cannot write /dev/null: it is not a regular file");
  EXPECT_EQ(error_of([&] { write_file_atomically(directory.path(), "x"); }),
            "cannot write " + directory.path().string() + ": Is a directory");
  EXPECT_EQ(error_of([&] { write_file_atomically(directory / "absent/a", "x"); }),
            "cannot write " + (directory / "absent/a") + ": No such file or directory");
  EXPECT_EQ(error_of([&] { write_file_atomically("", "x"); }), "cannot write \"\": not the name of a file");
}

TEST(WriteFileAtomically, FollowsASymbolicLink) {
  const TemporaryDirectory directory;
  make_directories(directory / "elsewhere");
  replace_symlink("elsewhere/a", directory / "link");
  write_file_atomically(directory / "link", "x");
  EXPECT_TRUE(std::filesystem::is_symlink(directory / "link"));
  EXPECT_EQ(read_text(directory / "elsewhere/a"), "x");
}

TEST(ReplaceSymlink, PointsElsewhereAtOnce) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "a", "A");
  write_file_atomically(directory / "b", "B");
  replace_symlink("a", directory / "latest");
  EXPECT_EQ(read_text(directory / "latest"), "A");
  replace_symlink("b", directory / "latest");
  EXPECT_EQ(read_text(directory / "latest"), "B");
  EXPECT_EQ(directory.names(), (Names{"a", "b", "latest"}));
}

TEST(MakeDirectories, MakesParentsAndSaysWhatStandsInTheWay) {
  const TemporaryDirectory directory;
  make_directories(directory / "a/b/c/");
  make_directories(directory / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/b/c"));
  write_file_atomically(directory / "file", "x");
  EXPECT_EQ(error_of([&] { make_directories(directory / "file"); }),
            "cannot create directory " + (directory / "file") + ": " + (directory / "file") + " is a file");
  EXPECT_EQ(error_of([&] { make_directories(directory / "file/a"); }),
            "cannot create directory " + (directory / "file/a") + ": " + (directory / "file") + " is a file");
}

TEST(MakeDirectories, SaysThatADirectoryIsReadOnly) {
  const TemporaryDirectory directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  const bool root = geteuid() == 0;
  ASSERT_TRUE(!root || seteuid(65534) == 0);  // permissions do not bind root
  const std::string made = error_of([&] { make_directories(directory / "a"); });
  const std::string written = error_of([&] { write_file_atomically(directory / "b", "x"); });
  ASSERT_TRUE(!root || seteuid(0) == 0);
  EXPECT_EQ(made, "cannot create directory " + (directory / "a") + ": Permission denied");
  EXPECT_EQ(written, "cannot write " + (directory / "b") + ": Permission denied");
}

TEST(ReplaceDirectory, TakesTheNameWhetherOrNotItIsTaken) {
  const TemporaryDirectory directory;
  for (const std::string text : {"first", "second"}) {
    make_directories(directory / "new");
    write_file_atomically(directory / "new/file", text);
    replace_directory(directory / "new", directory / "final");
    EXPECT_EQ(read_text(directory / "final/file"), text);
    EXPECT_EQ(directory.names(), Names{"final"});
  }
  EXPECT_EQ(error_of([&] { replace_directory(directory / "absent", directory / "final"); }),
            "cannot write " + (directory / "final") + ": No such file or directory");
}

TEST(RemoveDirectory, RemovesEverythingInIt) {
  const TemporaryDirectory directory;
  make_directories(directory / "a/b");
  write_file_atomically(directory / "a/b/file", "x");
  remove_directory(directory / "a");
  EXPECT_TRUE(directory.names().empty());
  EXPECT_EQ(error_of([&] { remove_directory(directory / "a"); }),
            "cannot remove " + (directory / "a") + ": No such file or directory");
}

TEST(LockDirectory, GrantsOneAtATime) {
  const TemporaryDirectory directory;
  std::shared_ptr<const void> lock = lock_directory(directory.path());
  EXPECT_EQ(error_of([&] { lock_directory(directory.path()); }),
            directory.path().string() + " is in use by another process");
  lock.reset();
  lock = lock_directory(directory.path());
}

TEST(ReadInPieces, GivesEveryByteInOrder) {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; text.size() < 3000001; ++i) text += std::to_string(i);
  write_file_atomically(directory / "a", text);
  std::string read;
  read_in_pieces(directory / "a", [&](std::span<const std::byte> piece) {
    read.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  EXPECT_EQ(read, text);
}

TEST(RemoveTemporaries, RemovesOnlyWhatAKilledProcessLeft) {
  const TemporaryDirectory directory;
  make_directories(directory / ".tmp-step-5/deep");
  write_file_atomically(directory / ".tmp-step-5/deep/file", "x");
  write_file_atomically(directory / ".tmp-a-1-0", "x");
  write_file_atomically(directory / "kept", "x");
  make_directories(directory / "also");
  remove_temporaries(directory.path());
  EXPECT_EQ(directory.names(), (Names{"also", "kept"}));
}

}  // namespace
}  // namespace sequent
