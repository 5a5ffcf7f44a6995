// ZIP archives whose members are stored as they are, as PyTorch writes them: where in the file each member lies, so
// that it can be used in place. Why not a library: see docs/decisions/dependencies.md.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace sequent {

struct ZipMember {
  std::string_view name;
  /// As they stand in the file.
  std::span<const std::byte> data;
  bool is_compressed = false;
};

/// The members in the order of the file; names and data point into `archive`, of which only the directory and the
/// headers are read (checksums are not verified). ZIP64 is read (PKWARE, APPNOTE.TXT 6.3.10). `file` is named in
/// errors. Refused: encrypted members, names given twice, archives in several parts, a directory that is
/// cut short or disagrees with the headers, members that overlap one another or lie outside of the file.
std::vector<ZipMember> read_zip(std::span<const std::byte> archive, std::string_view file);

}  // namespace sequent
