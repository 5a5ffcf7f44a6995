// Files on disk, safely: a reader maps or reads a whole file, a writer replaces a whole file or nothing. Every refusal
// names the path and the system's reason, for example
// "cannot write runs/a/model.safetensors: No space left on device".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sequent/base/function_ref.h"

namespace sequent {

/// A whole regular file mapped read-only; pages are read when first touched. Empty files are fine. Files replaced by
/// write_file_atomically stay valid here, because the old contents live on; cutting a mapped file short in place would
/// end the process, as with any memory map.
class MappedFile {
 public:
  /// Errors: no such file, no permission, not a regular file.
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  const std::byte* data() const { return data_; }
  std::int64_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_, static_cast<std::size_t>(size_)}; }

 private:
  MappedFile(std::string path, const std::byte* data, std::int64_t size)
      : path_(std::move(path)), data_(data), size_(size) {}
  std::string path_;
  const std::byte* data_;
  std::int64_t size_;
};

/// Writes one file through a small buffer; every failure of the system is an Error.
class FileWriter {
 public:
  enum class Mode { create, append };
  /// `create` refuses a file that is already there, `append` makes it when needed. `shown` is the path named in errors.
  FileWriter(const std::string& path, Mode mode, const std::string& shown = {});
  /// Closes without flushing: what has not been flushed or synced is lost.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Hands everything to the system: it outlives this process, not yet a power cut.
  void flush();
  /// Flushes and waits until it is on the disk.
  void sync();

 private:
  void write_now(const char* data, std::size_t size);
  std::string shown_;
  std::string buffer_;
  int descriptor_;
};

/// The whole file as text (any bytes).
std::string read_text(const std::string& path);

/// Replaces `path` by what `write` writes, or leaves everything as it was: the bytes go to a temporary file in the same
/// directory (its name begins with kTemporaryPrefix), are brought to the disk, and take the name at once. When anything
/// fails, `write` itself included, the temporary file is removed and the error passed on. A symbolic link is
/// followed; what exists and is not a regular file is refused.
void write_file_atomically(const std::string& path, FunctionRef<void(FileWriter&)> write);
void write_file_atomically(const std::string& path, std::string_view text);

inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

/// Removes the files and directories directly in `directory` whose names begin with kTemporaryPrefix: what killed
/// processes left. Only for directories that no other process is writing to.
void remove_temporaries(const std::string& directory);

/// Brings a file's contents, or a directory's list of names, to the disk.
void fsync_file(const std::string& path);
void fsync_directory(const std::string& path);

/// Makes `path` and its parents; fine when it is there.
void make_directories(const std::string& path);

/// Makes `link` a symbolic link to `target`, at once and for good, whether or not it existed.
void replace_symlink(const std::string& target, const std::string& link);

/// Renames a directory to `to` within one file system; a directory already there is replaced and removed.
void replace_directory(const std::string& from, const std::string& to);

/// Removes a directory with everything in it, so that killing the process leaves a name beginning with
/// kTemporaryPrefix, never half of it under its own name.
void remove_directory(const std::string& path);

/// Holds a directory for this process alone until the last copy of the result is gone or the process ends. Error:
/// another process holds it. (File systems without locks grant it to all.)
std::shared_ptr<const void> lock_directory(const std::string& path);

/// Calls `use` on the contents in pieces, in order. Unlike a map, a disk that fails is an Error here.
void read_in_pieces(const std::string& path, FunctionRef<void(std::span<const std::byte>)> use);

}  // namespace sequent
