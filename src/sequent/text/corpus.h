// The documents of a text corpus: files, or everything in directories, one document after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/base/function_ref.h"

namespace sequent {

struct CorpusFile {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  bool json_lines = false;
};

class Corpus {
 public:
  /// Files in the order given; a directory stands for its files, those of its directories included, sorted by path.
  /// A .jsonl file holds one document a line, the "text" of an object; any other file is one document, whatever its
  /// bytes. In directories, what is hidden (.git), build directories (build*), empty files and binary files (with a NUL
  /// byte among the first 64 KiB) are passed over. Error if a path is missing or cannot be read, if a file named
  /// directly is empty or binary, and if a directory has no text.
  explicit Corpus(std::span<const std::filesystem::path> paths);

  const std::vector<CorpusFile>& files() const { return files_; }

  /// Size of all files.
  std::int64_t bytes() const { return bytes_; }

  /// Number of binary files passed over.
  std::int64_t skipped_binary_files() const { return skipped_binary_files_; }

  /// Hash of the names, sizes and contents of the files. Reads them all.
  std::uint64_t fingerprint() const;

  /// Calls document(text) for every document in order; the text is valid during the call. Empty documents are left out.
  /// Error "FILE:LINE: ..." for a line of a .jsonl file that is not an object with a string "text".
  void for_each_document(FunctionRef<void(std::string_view)> document) const;

 private:
  void add_file(const std::filesystem::path& path, bool in_directory);
  void add_directory(const std::filesystem::path& path);

  std::vector<CorpusFile> files_;
  std::int64_t bytes_ = 0;
  std::int64_t skipped_binary_files_ = 0;
};

}  // namespace sequent
