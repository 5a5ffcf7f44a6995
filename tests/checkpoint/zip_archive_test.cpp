#include "sequent/checkpoint/zip_archive.h"

#include "tests/support/files.h"
#include "tests/support/zip.h"

namespace sequent {
namespace {

using test::error_of;
using test::make_zip;
using test::ZipPart;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::vector<ZipPart> read(const std::string& archive) {
  std::vector<ZipPart> parts;
  for (const ZipMember& member : read_zip(bytes_of(archive), "f")) {
    const char* data = reinterpret_cast<const char*>(member.data.data());
    EXPECT_TRUE(data >= archive.data() && data + member.data.size() <= archive.data() + archive.size());
    parts.push_back({std::string(member.name), std::string(data, member.data.size())});
  }
  return parts;
}

std::string refusal(const std::string& archive) {
  const std::string error = error_of([&] { read_zip(bytes_of(archive), "f"); });
  EXPECT_TRUE(error.starts_with("ZIP: f: ")) << error;
  return error.substr(std::min<std::size_t>(error.size(), 8));
}

const std::vector<ZipPart> kTwo = {{"r/a", "first"}, {"r/b", ""}, {"r/c", std::string("\0\1", 2)}};

TEST(ZipArchive, FindsMembersInPlace) {
  for (const bool is_64 : {false, true}) {
    for (const std::string& comment : {std::string(), std::string("PK\x05\x06, says the comment")}) {
      const std::vector<ZipPart> parts = read(make_zip(kTwo, is_64, comment));
      ASSERT_EQ(parts.size(), kTwo.size());
      for (std::size_t i = 0; i < parts.size(); ++i) {
        EXPECT_EQ(parts[i].name, kTwo[i].name);
        EXPECT_EQ(parts[i].data, kTwo[i].data);
      }
    }
  }
  EXPECT_TRUE(read(make_zip({})).empty());
}

TEST(ZipArchive, SaysWhichMembersAreCompressed) {
  const std::string archive = make_zip({{"a", "x", 8}, {"b", "y"}});
  const std::vector<ZipMember> members = read_zip(bytes_of(archive), "f");
  EXPECT_TRUE(members[0].is_compressed);
  EXPECT_FALSE(members[1].is_compressed);
}

TEST(ZipArchive, RefusesEncryptedMembersAndNamesGivenTwice) {
  EXPECT_EQ(refusal(make_zip({{"a", "x", 0, 1}})), "member \"a\" is encrypted");
  EXPECT_EQ(refusal(make_zip({{"a", "x"}, {"b", "y"}, {"a", "z"}})), "member \"a\" is given twice");
}

// Where in make_zip({{"a", "x"}}) and so on what stands.
constexpr std::size_t kLocalName = 30, kData = kLocalName + 1 + 7, kDirectory = kData + 1;

std::string damaged(std::size_t at, char value, bool is_64 = false) {
  std::string archive = make_zip({{"a", "x"}}, is_64);
  archive[at] = value;
  return archive;
}

TEST(ZipArchive, RefusesADirectoryThatDisagreesWithTheFile) {
  EXPECT_EQ(refusal(damaged(0, 'Q')), "member \"a\" has no header where the directory places it");
  EXPECT_EQ(refusal(damaged(kLocalName, 'b')), "member \"a\" has another name in its header");
  EXPECT_EQ(refusal(damaged(kDirectory, 'Q')), "the directory is damaged at byte 39");
  EXPECT_EQ(refusal(damaged(kDirectory + 42, '\x7f')), "member \"a\" lies outside of the file");
  EXPECT_EQ(refusal(damaged(28, '\x7f')), "cut short at byte 39");
  EXPECT_EQ(refusal(damaged(kDirectory + 20, 2)), "member \"a\" has two sizes, 1 and 2");
  std::string longer = damaged(kDirectory + 20, 2);
  longer[kDirectory + 24] = 2;
  EXPECT_EQ(refusal(longer), "member \"a\" lies outside of the file");
  // Two entries, one member.
  std::string twins = make_zip({{"a", "x"}, {"b", "y"}});
  twins[twins.size() - 22 - 47 + 42] = 0;
  EXPECT_EQ(refusal(twins), "member \"b\" has another name in its header");
}

TEST(ZipArchive, RefusesMembersThatOverlap) {
  // The second member's header lies within the first one's data.
  const std::string inner = make_zip({{"b", "y"}}).substr(0, kDirectory);
  std::string archive = make_zip({{"a", inner}, {"b", "y"}});
  archive[archive.size() - 22 - 47 + 42] = static_cast<char>(kData);
  EXPECT_EQ(refusal(archive), "member \"b\" overlaps another");
}

TEST(ZipArchive, RefusesAnEndThatLies) {
  const std::string archive = make_zip({{"a", "x"}});
  EXPECT_EQ(refusal(""), "the end of the directory is missing: the file is cut short, or no archive");
  EXPECT_EQ(refusal(archive.substr(0, archive.size() - 1)),
            "the end of the directory is missing: the file is cut short, or no archive");
  const std::size_t end = archive.size() - 22;
  EXPECT_EQ(refusal(damaged(end + 4, 1)), "an archive in several parts is not supported");
  EXPECT_EQ(refusal(damaged(end + 10, 0)), "47 bytes are left behind the directory's 0 entries");
  EXPECT_EQ(refusal(damaged(end + 10, 2)), "cut short at byte 86");
  EXPECT_EQ(refusal(damaged(end + 19, '\x7f')), "the directory (47 bytes from 2130706471) lies outside of the file");
  EXPECT_EQ(refusal(damaged(end + 15, '\x7f')), "the directory (2130706479 bytes from 39) lies outside of the file");
  const std::size_t end_64 = make_zip({{"a", "x"}}, true).size() - 22 - 20 - 56;
  EXPECT_EQ(refusal(damaged(end_64, 'Q', true)), "the ZIP64 directory's end is missing");
  EXPECT_EQ(refusal(damaged(end_64 + 56 + 8 + 7, 1, true)), "the ZIP64 directory's end lies outside of the file");
  EXPECT_EQ(refusal(damaged(end_64 + 40 + 7, '\x7f', true)).substr(0, 13), "the directory");
}

TEST(ZipArchive, NeverReadsPastACutFile) {
  for (const bool is_64 : {false, true}) {
    const std::string archive = make_zip(kTwo, is_64);
    for (std::size_t size = 0; size < archive.size(); ++size) {
      // In memory of its own, so that a sanitizer sees every byte too far.
      const std::vector<std::byte> cut(bytes_of(archive).begin(), bytes_of(archive).begin() + static_cast<long>(size));
      error_of([&] { read_zip(cut, "f"); });
    }
  }
}

}  // namespace
}  // namespace sequent
