#include "sequent/checkpoint/zip_writer.h"

#include <algorithm>
#include <limits>

#include "sequent/base/crc32.h"
#include "sequent/base/error.h"
#include "sequent/checkpoint/append_number.h"

namespace sequent {
namespace {

constexpr std::uint64_t kLargest32 = std::numeric_limits<std::uint32_t>::max();

// A record: numbers and texts as the format has them, one after the other.
class Record {
 public:
  Record& u16(std::uint64_t value) { return number<std::uint16_t>(value); }
  Record& u32(std::uint64_t value) { return number<std::uint32_t>(value); }
  Record& u64(std::uint64_t value) { return number<std::uint64_t>(value); }
  Record& text(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  Record& number(std::uint64_t value) {
    append_number(bytes_, static_cast<T>(value));
    return *this;
  }
  std::string bytes_;
};

constexpr std::uint64_t kVersion = 20, kVersion64 = 45;
constexpr std::uint64_t kDateOfNothing = 0x21;  // the first of January 1980: the bytes depend only on the members
constexpr std::uint64_t kHeaderBytes = 30, kExtraHead = 4;

}  // namespace

void ZipWriter::write(const std::string& bytes) {
  out_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(std::string_view name, std::span<const std::byte> data, std::int64_t alignment) {
  check(alignment >= 1 && alignment <= 1024, "zip: an alignment must be from 1 to 1024, got {}", alignment);
  check(name.size() <= 1024, "zip: a name must have at most 1024 bytes, got {}", name.size());
  const std::uint64_t offset = position_, size = data.size();
  const bool large = size >= kLargest32;
  const std::uint32_t sum = crc32(data.data(), data.size());
  Record extra;
  if (large) extra.u16(1).u16(16).u64(size).u64(size);
  const std::uint64_t begin = offset + kHeaderBytes + name.size() + extra.bytes().size() + kExtraHead;
  const auto step = static_cast<std::uint64_t>(alignment);
  if (step > 1) {
    // The field that PyTorch pads with.
    const std::uint64_t padding = (step - begin % step) % step;
    extra.text("FB").u16(padding).text(std::string(padding, 'Z'));
  }
  Record header;
  header.text("PK\x03\x04").u16(large ? kVersion64 : kVersion).u16(0).u16(0).u16(0).u16(kDateOfNothing).u32(sum);
  header.u32(large ? kLargest32 : size).u32(large ? kLargest32 : size).u16(name.size()).u16(extra.bytes().size());
  header.text(name).text(extra.bytes());
  write(header.bytes());
  out_.write(data.data(), data.size());
  position_ += size;
  members_.push_back({.name = std::string(name), .check = sum, .size = size, .offset = offset});
}

void ZipWriter::finish() {
  const std::uint64_t begin = position_;
  for (const Member& member : members_) {
    const bool large = member.size >= kLargest32 || member.offset >= kLargest32;
    Record extra;
    if (large) extra.u16(1).u16(24).u64(member.size).u64(member.size).u64(member.offset);
    Record entry;
    entry.text("PK\x01\x02").u16(large ? kVersion64 : kVersion).u16(large ? kVersion64 : kVersion).u16(0).u16(0).u16(0);
    entry.u16(kDateOfNothing).u32(member.check).u32(large ? kLargest32 : member.size);
    entry.u32(large ? kLargest32 : member.size).u16(member.name.size()).u16(extra.bytes().size()).u16(0).u16(0).u16(0);
    entry.u32(0).u32(large ? kLargest32 : member.offset).text(member.name).text(extra.bytes());
    write(entry.bytes());
  }
  const std::uint64_t end = position_, bytes = end - begin, count = members_.size();
  const bool large = count >= 0xFFFF || end >= kLargest32;
  Record last;
  if (large) {
    last.text("PK\x06\x06").u64(44).u16(kVersion64).u16(kVersion64).u32(0).u32(0).u64(count).u64(count).u64(bytes);
    last.u64(begin).text("PK\x06\x07").u32(0).u64(end).u32(1);
  }
  last.text("PK\x05\x06").u16(0).u16(0).u16(std::min<std::uint64_t>(count, 0xFFFF));
  last.u16(std::min<std::uint64_t>(count, 0xFFFF)).u32(large ? kLargest32 : bytes).u32(large ? kLargest32 : begin);
  last.u16(0);
  write(last.bytes());
}

}  // namespace sequent
