#include "sequent/checkpoint/zip_archive.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/byte_reader.h"

namespace sequent {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kEndOfDirectory = 0x06054b50;
constexpr std::uint32_t kEndOfDirectory64 = 0x06064b50;
constexpr std::uint32_t kLocator64 = 0x07064b50;
constexpr std::int64_t kEndBytes = 22;
constexpr std::int64_t kLocatorBytes = 20;
constexpr std::int64_t kMaximumComment = 65535;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // the value stands in the extra field, in 64 bits
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint16_t kStored = 0;

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
  std::int64_t end = 0;  // nothing of a member lies behind it
};

struct Entry {
  ZipMember member;
  std::int64_t header = 0;  // where its local header begins
  std::int64_t end = 0;     // of its data
};

class Archive {
 public:
  Archive(Bytes bytes, std::string_view file) : bytes_(bytes), place_(fmt::format("ZIP: {}", file)) {}

  std::vector<ZipMember> read() const {
    const Directory directory = find_directory();
    check(directory.offset <= static_cast<std::uint64_t>(directory.end) &&
              directory.bytes <= static_cast<std::uint64_t>(directory.end) - directory.offset,
          "{}: the directory ({} bytes from {}) lies outside of the file", place_, directory.bytes, directory.offset);
    ByteReader reader(bytes_.first(static_cast<std::size_t>(directory.offset + directory.bytes)), place_,
                      static_cast<std::int64_t>(directory.offset));
    std::vector<Entry> entries;
    std::unordered_set<std::string_view> names;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      entries.push_back(read_entry(reader, static_cast<std::int64_t>(directory.offset)));
      check(names.insert(entries.back().member.name).second, "{}: member {} is given twice", place_,
            shown_name(entries.back().member.name));
    }
    check(reader.left() == 0, "{}: {} bytes are left behind the directory's {} entries", place_, reader.left(),
          directory.entries);
    return in_order(std::move(entries));
  }

 private:
  // The record at the end, found backwards because a comment may follow it.
  Directory find_directory() const {
    const auto size = static_cast<std::int64_t>(bytes_.size());
    const std::int64_t first = std::max<std::int64_t>(0, size - kEndBytes - kMaximumComment);
    for (std::int64_t at = size - kEndBytes; at >= first; --at) {
      ByteReader reader(bytes_, place_, at);
      if (reader.number<std::uint32_t>() != kEndOfDirectory) continue;
      const std::uint32_t disks = reader.number<std::uint32_t>();
      reader.number<std::uint16_t>();  // entries on this disk
      Directory directory;
      directory.entries = reader.number<std::uint16_t>();
      directory.bytes = reader.number<std::uint32_t>();
      directory.offset = reader.number<std::uint32_t>();
      directory.end = at;
      if (reader.number<std::uint16_t>() != reader.left()) continue;  // the comment must end the file
      const std::int64_t locator = at - kLocatorBytes;
      if (locator >= 0 && ByteReader(bytes_, place_, locator).number<std::uint32_t>() == kLocator64) {
        return directory_64(locator);
      }
      check(disks == 0, "{}: an archive in several parts is not supported", place_);
      return directory;
    }
    fail("{}: the end of the directory is missing: the file is cut short, or no archive", place_);
  }

  Directory directory_64(std::int64_t locator) const {
    ByteReader reader(bytes_, place_, locator + 8);
    const auto at = reader.number<std::uint64_t>();
    check(at <= static_cast<std::uint64_t>(locator), "{}: the ZIP64 directory's end lies outside of the file", place_);
    reader.seek(static_cast<std::int64_t>(at));
    check(reader.number<std::uint32_t>() == kEndOfDirectory64, "{}: the ZIP64 directory's end is missing", place_);
    reader.bytes(12);  // its own size, versions
    check(reader.number<std::uint64_t>() == 0, "{}: an archive in several parts is not supported", place_);
    reader.number<std::uint64_t>();  // entries on this disk
    Directory directory;
    directory.entries = reader.number<std::uint64_t>();
    directory.bytes = reader.number<std::uint64_t>();
    directory.offset = reader.number<std::uint64_t>();
    directory.end = static_cast<std::int64_t>(at);
    return directory;
  }

  Entry read_entry(ByteReader& reader, std::int64_t directory) const {
    const std::int64_t begin = reader.position();
    check(reader.number<std::uint32_t>() == kDirectoryEntry, "{}: the directory is damaged at byte {}", place_, begin);
    reader.number<std::uint32_t>();  // versions
    const auto flags = reader.number<std::uint16_t>();
    const auto method = reader.number<std::uint16_t>();
    reader.bytes(8);  // time, date, checksum
    std::uint64_t packed = reader.number<std::uint32_t>();
    std::uint64_t size = reader.number<std::uint32_t>();
    const auto name_bytes = reader.number<std::uint16_t>();
    const auto extra_bytes = reader.number<std::uint16_t>();
    const auto comment_bytes = reader.number<std::uint16_t>();
    reader.bytes(8);  // disk, attributes
    std::uint64_t header = reader.number<std::uint32_t>();
    const std::string_view name = reader.text(name_bytes);
    read_extra_64(reader.bytes(extra_bytes), size, packed, header);
    reader.bytes(comment_bytes);
    check((flags & kEncrypted) == 0, "{}: member {} is encrypted", place_, shown_name(name));
    check(method != kStored || size == packed, "{}: member {} has two sizes, {} and {}", place_, shown_name(name), size,
          packed);
    Entry entry = locate(name, header, packed, directory);
    entry.member.is_compressed = method != kStored;
    return entry;
  }

  // The fields of 64 bits, in this order, of those that are full in 32.
  void read_extra_64(Bytes extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t& header) const {
    ByteReader reader(extra, place_);
    while (reader.left() >= 4) {
      const auto kind = reader.number<std::uint16_t>();
      const Bytes field = reader.bytes(reader.number<std::uint16_t>());
      if (kind != kExtra64) continue;
      ByteReader values(field, place_);
      for (std::uint64_t* value : {&size, &packed, &header}) {
        if (*value == kIn64) *value = values.number<std::uint64_t>();
      }
    }
  }

  // Its data follow its own header, whose name and extra field have lengths of their own.
  Entry locate(std::string_view name, std::uint64_t header, std::uint64_t size, std::int64_t directory) const {
    check(header <= static_cast<std::uint64_t>(directory), "{}: member {} lies outside of the file", place_,
          shown_name(name));
    ByteReader reader(bytes_.first(static_cast<std::size_t>(directory)), place_, static_cast<std::int64_t>(header));
    check(reader.number<std::uint32_t>() == kLocalHeader, "{}: member {} has no header where the directory places it",
          place_, shown_name(name));
    reader.bytes(22);  // what the directory says, too
    const auto name_bytes = reader.number<std::uint16_t>();
    const auto extra_bytes = reader.number<std::uint16_t>();
    check(reader.text(name_bytes) == name, "{}: member {} has another name in its header", place_, shown_name(name));
    reader.bytes(extra_bytes);
    check(size <= static_cast<std::uint64_t>(reader.left()), "{}: member {} lies outside of the file", place_,
          shown_name(name));
    const Bytes data = reader.bytes(size);
    return {{name, data}, static_cast<std::int64_t>(header), reader.position()};
  }

  std::vector<ZipMember> in_order(std::vector<Entry> entries) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.header < b.header; });
    std::vector<ZipMember> members;
    std::int64_t previous = 0;
    for (const Entry& entry : entries) {
      check(entry.header >= previous, "{}: member {} overlaps another", place_, shown_name(entry.member.name));
      previous = entry.end;
      members.push_back(entry.member);
    }
    return members;
  }

  Bytes bytes_;
  std::string place_;
};

}  // namespace

std::vector<ZipMember> read_zip(std::span<const std::byte> archive, std::string_view file) {
  return Archive(archive, file).read();
}

}  // namespace sequent
