#include "sequent/text/token_file.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "tests/support/files.h"

namespace sequent {
namespace {

using test::TemporaryDirectory;

constexpr std::uint64_t kKey = 77;
using Documents = std::vector<std::vector<std::int32_t>>;

void write(const std::string& path, std::int64_t vocabulary_size, const Documents& documents) {
  write_file_atomically(path, [&](FileWriter& file) {
    TokenFileWriter writer(file, vocabulary_size);
    std::int64_t tokens = 0;
    for (const auto& document : documents) {
      writer.begin_document();
      // In two parts, as a long document comes.
      const std::span<const std::int32_t> ids = document;
      writer.add(ids.first(ids.size() / 2));
      writer.add(ids.subspan(ids.size() / 2));
      tokens += static_cast<std::int64_t>(ids.size());
    }
    writer.finish(kKey, 3 * tokens);
  });
}

void expect_holds(const TokenFile& file, const Documents& documents) {
  std::int64_t at = 0;
  ASSERT_EQ(file.documents(), static_cast<std::int64_t>(documents.size()));
  for (std::size_t d = 0; d < documents.size(); ++d) {
    EXPECT_EQ(file.document_begin(static_cast<std::int64_t>(d)), at);
    for (const std::int32_t id : documents[d]) EXPECT_EQ(file.token(at++), id);
  }
  EXPECT_EQ(file.tokens(), at);
  EXPECT_EQ(file.text_bytes(), 3 * at);
}

TEST(TokenFile, HoldsTokensOfEitherWidth) {
  const TemporaryDirectory directory;
  const std::string path = directory / "tokens.bin";
  std::int64_t sizes[2] = {};
  for (const std::int64_t vocabulary_size : {65536, 65537}) {
    for (const Documents& documents :
         {Documents{{0, 1, 65535}, {9}, {2, 3, 4, 5, 6}}, Documents{{1}}, Documents{{}, {7, 8}}, Documents{}}) {
      write(path, vocabulary_size, documents);
      const auto file = TokenFile::open(path, kKey);
      ASSERT_TRUE(file.has_value());
      expect_holds(*file, documents);
    }
    write(path, vocabulary_size, {std::vector<std::int32_t>(1000, 3)});
    sizes[vocabulary_size - 65536] = MappedFile::open(path)->size();
  }
  EXPECT_EQ(sizes[1] - sizes[0], 2000);
  write(path, 1 << 20, {{65536, 0xFFFFF}});
  expect_holds(TokenFile::open(path, kKey).value(), {{65536, 0xFFFFF}});
}

TEST(TokenFile, IsNothingWhereItIsMissingOrMadeFromSomethingElse) {
  const TemporaryDirectory directory;
  const std::string path = directory / "tokens.bin";
  EXPECT_FALSE(TokenFile::open(path, kKey));
  EXPECT_FALSE(TokenFile::open(directory.path().string(), kKey));
  write(path, 300, {{1, 2, 3}});
  EXPECT_TRUE(TokenFile::open(path, kKey));
  EXPECT_FALSE(TokenFile::open(path, kKey + 1));
}

TEST(TokenFile, IsNothingWhereAnyByteIsWrongOrMissing) {
  const TemporaryDirectory directory;
  const std::string path = directory / "tokens.bin";
  write(path, 300, {{1, 2, 3}, {4, 5}});
  const std::string good = read_text(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string wrong = good;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    write_file_atomically(path, wrong);
    EXPECT_FALSE(TokenFile::open(path, kKey)) << "byte " << at;
    write_file_atomically(path, good.substr(0, at));
    EXPECT_FALSE(TokenFile::open(path, kKey)) << at << " bytes";
  }
  write_file_atomically(path, good + "x");
  EXPECT_FALSE(TokenFile::open(path, kKey));
}

// A description whose checksum is right and whose counts are absurd, as only another program would write.
TEST(TokenFile, IsNothingWhereTheCountsCannotBe) {
  const TemporaryDirectory directory;
  const std::string path = directory / "tokens.bin";
  write(path, 300, {{1, 2, 3}});
  std::string bytes = read_text(path);
  for (const std::int64_t tokens : {std::int64_t{-1}, std::int64_t{4}, std::int64_t{1} << 62}) {
    TokenFileDescription description;
    const std::size_t at = bytes.size() - sizeof(description);
    std::memcpy(&description, bytes.data() + at, sizeof(description));
    description.tokens = tokens;
    description.description_checksum = hash64(&description, offsetof(TokenFileDescription, description_checksum));
    std::memcpy(bytes.data() + at, &description, sizeof(description));
    write_file_atomically(path, bytes);
    // Four tokens of two bytes take as much room as three do with their padding.
    EXPECT_EQ(TokenFile::open(path, kKey).has_value(), tokens == 4) << tokens;
  }
}

}  // namespace
}  // namespace sequent
