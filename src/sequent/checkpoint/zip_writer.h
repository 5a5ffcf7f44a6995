// Writing ZIP archives whose members are stored as they are, so that they can be used in place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/files.h"

namespace sequent {

/// Members one after the other, and the directory at the end. Archives beyond 4 GiB are ZIP64 (PKWARE,
/// APPNOTE.TXT 6.3.10).
class ZipWriter {
 public:
  explicit ZipWriter(FileWriter& out) : out_(out) {}

  /// `alignment`: of the data in the file, as an extra field of the header makes it; at most 1024.
  void add(std::string_view name, std::span<const std::byte> data, std::int64_t alignment = 1);
  /// Writes the directory; nothing may be added after it.
  void finish();

 private:
  struct Member {
    std::string name;
    std::uint32_t check;
    std::uint64_t size;
    std::uint64_t offset;  // of its header
  };
  void write(const std::string& bytes);

  FileWriter& out_;
  std::uint64_t position_ = 0;
  std::vector<Member> members_;
};

}  // namespace sequent
