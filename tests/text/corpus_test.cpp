#include "sequent/text/corpus.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;

Corpus corpus_of(const std::filesystem::path& path) {
  return Corpus(std::span(&path, 1));
}

std::vector<std::string> documents(const Corpus& corpus) {
  std::vector<std::string> result;
  corpus.for_each_document([&](std::string_view text) { result.emplace_back(text); });
  return result;
}

void put(const TemporaryDirectory& directory, const std::string& name, std::string_view text) {
  std::filesystem::create_directories((directory.path() / name).parent_path());
  write_file_atomically(directory / name, text);
}

TEST(Corpus, ReadsADirectoryInOrderAndPassesOverWhatIsNotText) {
  const TemporaryDirectory directory;
  put(directory, "b.txt", "second");
  put(directory, "a/z.md", "first");
  put(directory, "c.jsonl", "{\"text\": \"third\"}\n\n{\"id\": 3, \"text\": \"fourth \\u00e9\\n\"}");
  put(directory, ".git/config", "hidden");
  put(directory, ".hidden", "hidden");
  put(directory, "build/out.txt", "built");
  put(directory, "build-debug/out.txt", "built");
  put(directory, "deep/build.d/out.txt", "built");
  put(directory, "building.txt", "a file, not a directory");
  put(directory, "picture.bin", std::string_view("\x89PNG\0\1", 6));
  put(directory, "empty.txt", "");
  const Corpus corpus = corpus_of(directory.path());
  EXPECT_EQ(documents(corpus),
            (std::vector<std::string>{"first", "second", "a file, not a directory", "third", "fourth \u00e9\n"}));
  EXPECT_EQ(corpus.skipped_binary_files(), 1);
  EXPECT_EQ(corpus.files().size(), 4u);
}

TEST(Corpus, TakesFilesInTheOrderGiven) {
  const TemporaryDirectory directory;
  put(directory, "a", "A");
  put(directory, "b", "B \xFF\xC3 not UTF-8");
  const std::vector<std::filesystem::path> paths = {directory / "b", directory / "a"};
  const Corpus corpus(paths);
  EXPECT_EQ(documents(corpus), (std::vector<std::string>{"B \xFF\xC3 not UTF-8", "A"}));
  EXPECT_EQ(corpus.bytes(), 15);
}

TEST(Corpus, ItsFingerprintIsItsContent) {
  const TemporaryDirectory one, two;
  for (const TemporaryDirectory* directory : {&one, &two}) {
    put(*directory, "a", "some text");
    put(*directory, "b", "more text");
  }
  const std::uint64_t before = corpus_of(one.path()).fingerprint();
  EXPECT_EQ(corpus_of(two.path()).fingerprint(), before);
  put(two, "b", "more tExt");
  EXPECT_NE(corpus_of(two.path()).fingerprint(), before);
  // The same bytes, divided differently among the files.
  put(two, "a", "some textm");
  put(two, "b", "ore text");
  EXPECT_NE(corpus_of(two.path()).fingerprint(), before);
}

TEST(Corpus, NamesWhatItCannotUse) {
  const TemporaryDirectory directory;
  const std::string root = directory.path().string();
  put(directory, "empty.txt", "");
  put(directory, "binary.txt", std::string_view("a\0b", 3));
  put(directory, "only/.hidden", "x");
  EXPECT_EQ(error_of([&] { Corpus({}); }), "data: at least one file or directory is needed");
  EXPECT_EQ(error_of([&] { corpus_of(directory / "none"); }), "data: " + root + "/none does not exist");
  EXPECT_EQ(error_of([&] { corpus_of(directory / "empty.txt"); }), "data: " + root + "/empty.txt is empty");
  EXPECT_EQ(error_of([&] { corpus_of(directory / "binary.txt"); }),
            "data: " + root + "/binary.txt is a binary file: it has NUL bytes in it");
  EXPECT_EQ(error_of([&] { corpus_of(directory / "only"); }),
            "data: " + root + "/only has no text files in it (0 binary files were passed over)");
  EXPECT_EQ(error_of([&] { corpus_of(directory.path()); }),
            "data: " + root + " has no text files in it (1 binary files were passed over)");
  EXPECT_EQ(error_of([&] { corpus_of("/dev/null"); }), "cannot open /dev/null: it is not a regular file");
  EXPECT_EQ(error_of([&] { corpus_of(directory / "empty.txt/x"); }), "data: " + root + "/empty.txt/x does not exist");
}

TEST(Corpus, NamesTheLineThatIsNotADocument) {
  const TemporaryDirectory directory;
  const std::string path = directory / "d.jsonl";
  const auto error_with = [&](std::string_view second_line) {
    put(directory, "d.jsonl", "{\"text\": \"good\"}\n" + std::string(second_line) + "\n{\"text\": \"good\"}\n");
    return error_of([&] { documents(corpus_of(path)); });
  };
  for (const char* line : {"{\"text\": ", "not json", "{\"text\": \"\xFF\"}"}) {
    EXPECT_NE(error_with(line).find(path + ":2"), std::string::npos) << error_with(line);
  }
  const std::string rule = path + ":2: a line of data must be an object with a string \"text\", got ";
  EXPECT_EQ(error_with("[1]"), rule + "array");
  EXPECT_EQ(error_with("{\"body\": \"x\"}"), rule + "none in the object");
  EXPECT_EQ(error_with("{\"text\": 3}"), rule + "a \"text\" that is number");
}

}  // namespace
}  // namespace sequent
