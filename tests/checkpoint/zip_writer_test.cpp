#include "sequent/checkpoint/zip_writer.h"

#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "sequent/checkpoint/zip_archive.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& members, std::int64_t alignment) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "archive.zip";
  write_file_atomically(path, [&](FileWriter& out) {
    ZipWriter zip(out);
    for (const auto& [name, data] : members) zip.add(name, bytes_of(data), alignment);
    zip.finish();
  });
  return read_text(path);
}

TEST(ZipWriter, WritesWhatTheReaderReads) {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"archive/data.pkl", "some"}, {"archive/data/0", ""}, {"archive/data/1", std::string(1000, 'x')}};
  for (const std::int64_t alignment : {1, 64}) {
    const std::string archive = archive_of(members, alignment);
    const auto read = read_zip(bytes_of(archive), "archive.zip");
    ASSERT_EQ(read.size(), members.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      EXPECT_EQ(read[i].name, members[i].first);
      const std::string data(reinterpret_cast<const char*>(read[i].data.data()), read[i].data.size());
      EXPECT_EQ(data, members[i].second);
      EXPECT_EQ((reinterpret_cast<const char*>(read[i].data.data()) - archive.data()) % alignment, 0);
    }
  }
}

TEST(ZipWriter, AnArchiveMayBeEmpty) {
  EXPECT_TRUE(read_zip(bytes_of(archive_of({}, 1)), "archive.zip").empty());
}

// The bytes that Python's zipfile writes with the same date and without permissions.
TEST(ZipWriter, WritesTheBytesOfTheFormat) {
  using std::string_literals::operator""s;
  EXPECT_EQ(archive_of({{"a", "123456789"}}, 1),
            "PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x26\x39\xF4\xCB\x09\0\0\0\x09\0\0\0\x01\0\0\0a123456789"
            "PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\x21\0\x26\x39\xF4\xCB\x09\0\0\0\x09\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0"
            "\0\0\0\0a"
            "PK\x05\x06\0\0\0\0\x01\0\x01\0\x2F\0\0\0\x28\0\0\0\0\0"s);
}

TEST(ZipWriter, RefusesNamesWithoutEnd) {
  EXPECT_EQ(test::error_of([] {
              archive_of({{std::string(1025, 'n'), ""}}, 1);
            }),
            "zip: a name must have at most 1024 bytes, got 1025");
}

}  // namespace
}  // namespace sequent
