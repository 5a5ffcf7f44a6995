// ZIP archives of stored members, made by hand so that tests can damage them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sequent::test {

template <class T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

struct ZipPart {
  std::string name;
  std::string data;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
};

/// The archive as a program without ZIP64 writes it, or with it.
inline std::string make_zip(const std::vector<ZipPart>& parts, bool is_64 = false, const std::string& comment = {}) {
  const auto u16 = [](std::size_t value) { return little_endian(static_cast<std::uint16_t>(value)); };
  const auto u32 = [](std::size_t value) { return little_endian(static_cast<std::uint32_t>(value)); };
  const auto u64 = [](std::size_t value) { return little_endian(static_cast<std::uint64_t>(value)); };
  std::string file, directory;
  for (const ZipPart& part : parts) {
    const std::size_t header = file.size(), size = part.data.size();
    const std::string padding = "FB" + u16(3) + "ZZZ";  // an extra field that only the local header has
    file += "PK\x03\x04" + u16(20) + u16(part.flags) + u16(part.method) + u32(0) + u32(0) + u32(size) + u32(size) +
            u16(part.name.size()) + u16(padding.size()) + part.name + padding + part.data;
    const std::string extra = is_64 ? u16(1) + u16(24) + u64(size) + u64(size) + u64(header) : "";
    const std::size_t shown = is_64 ? 0xFFFFFFFF : size;
    directory += "PK\x01\x02" + u32(20) + u16(part.flags) + u16(part.method) + u32(0) + u32(0) + u32(shown) +
                 u32(shown) + u16(part.name.size()) + u16(extra.size()) + u16(0) + u32(0) + u32(0) +
                 u32(is_64 ? 0xFFFFFFFF : header) + part.name + extra;
  }
  const std::size_t offset = file.size();
  file += directory;
  if (is_64) {
    const std::size_t end = file.size();
    file += "PK\x06\x06" + u64(44) + u32(45) + u64(0) + u64(parts.size()) + u64(parts.size()) + u64(directory.size()) +
            u64(offset);
    file += "PK\x06\x07" + u32(0) + u64(end) + u32(1);
  }
  return file + "PK\x05\x06" + u32(0) + u16(parts.size()) + u16(is_64 ? 0xFFFF : parts.size()) +
         u32(is_64 ? 0xFFFFFFFF : directory.size()) + u32(is_64 ? 0xFFFFFFFF : offset) + u16(comment.size()) + comment;
}

}  // namespace sequent::test
