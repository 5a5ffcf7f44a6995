#include "sequent/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

[[noreturn]] void fail_path(std::string_view action, std::string_view path, int error) {
  fail("cannot {} {}: {}", action, path, std::generic_category().message(error));
}

/// A file descriptor closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return value_; }

 private:
  int value_;
};

std::string directory_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) fail_path("remove", path.string(), error.value());
}

void fsync_path(const std::string& path, int flags) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (descriptor < 0) fail_path("open", path, errno);
  // EINVAL: this file system has nothing to bring to a disk.
  if (::fsync(descriptor) != 0 && errno != EINVAL) fail_path("write", path, errno);
}

/// A name in the directory of `path` that is not taken yet; the process number keeps processes apart, and a name left
/// by a dead process of the same number is passed over.
std::string temporary_name(const std::string& path) {
  const fs::path target(path);
  for (int attempt = 0;; ++attempt) {
    const std::string name =
        fmt::format("{}{}-{}-{}", kTemporaryPrefix, target.filename().string(), ::getpid(), attempt);
    const std::string candidate = (target.parent_path() / name).string();
    struct stat status;
    if (::lstat(candidate.c_str(), &status) != 0) return candidate;
  }
}

/// Removes a file unless told that it has been given its final name.
class RemoveUnlessKept {
 public:
  explicit RemoveUnlessKept(const std::string& path) : path_(path) {}
  ~RemoveUnlessKept() {
    if (!kept_) ::unlink(path_.c_str());
  }
  RemoveUnlessKept(const RemoveUnlessKept&) = delete;
  RemoveUnlessKept& operator=(const RemoveUnlessKept&) = delete;
  void keep() { kept_ = true; }

 private:
  const std::string& path_;
  bool kept_ = false;
};

/// The file that `path` means, symbolic links followed; refuses what must not be replaced by a regular file, such as a
/// directory or /dev/null.
std::string replaceable(const std::string& path) {
  check(!path.empty() && path.back() != '/', "cannot write \"{}\": not the name of a file", path);
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) fail_path("write", path, EISDIR);
  check(!exists || S_ISREG(status.st_mode), "cannot write {}: it is not a regular file", path);
  fs::path target(path);
  std::error_code error;
  for (int links = 0; fs::is_symlink(target, error); ++links) {
    const fs::path next = fs::read_symlink(target, error);
    if (error || links == 40) fail_path("write", path, error ? error.value() : ELOOP);
    target = target.parent_path() / next;
  }
  return target.string();
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer; regular files do not notice.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor < 0) fail_path("open", path, errno);
  struct stat status;
  if (::fstat(descriptor, &status) != 0) fail_path("open", path, errno);
  if (S_ISDIR(status.st_mode)) fail_path("open", path, EISDIR);
  check(S_ISREG(status.st_mode), "cannot open {}: it is not a regular file", path);
  void* data = nullptr;
  if (status.st_size > 0) {
    data = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED) fail_path("map", path, errno);
  }
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, static_cast<const std::byte*>(data), static_cast<std::int64_t>(status.st_size)));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), static_cast<std::size_t>(size_));
}

FileWriter::FileWriter(const std::string& path, Mode mode, const std::string& shown)
    : shown_(shown.empty() ? path : shown) {
  const int flags = mode == Mode::create ? O_CREAT | O_EXCL : O_CREAT | O_APPEND;
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (descriptor_ < 0) fail_path("write", shown_, errno);
}

FileWriter::~FileWriter() {
  ::close(descriptor_);
}

void FileWriter::write(const void* data, std::size_t size) {
  if (buffer_.size() + size > kBufferBytes) flush();
  if (size > kBufferBytes) {
    write_now(static_cast<const char*>(data), size);
  } else if (size > 0) {
    buffer_.append(static_cast<const char*>(data), size);
  }
}

void FileWriter::flush() {
  // Emptied first: after a failure the same bytes must not be written a second time.
  const std::string pending = std::exchange(buffer_, {});
  write_now(pending.data(), pending.size());
}

void FileWriter::sync() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail_path("write", shown_, errno);
}

void FileWriter::write_now(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_path("write", shown_, errno);
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

std::string read_text(const std::string& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor < 0) fail_path("open", path, errno);
  struct stat status;
  if (::fstat(descriptor, &status) != 0) fail_path("open", path, errno);
  std::string text;
  // One byte more than the size, so that the read that fills it is also the one that sees the end; pipes say 0.
  text.resize(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t used = 0;
  for (;;) {
    if (used == text.size()) text.resize(2 * text.size() + kBufferBytes);
    const ssize_t got = ::read(descriptor, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_path("read", path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

void write_file_atomically(const std::string& path, FunctionRef<void(FileWriter&)> write) {
  const std::string target = replaceable(path);
  const std::string temporary = temporary_name(target);
  {
    FileWriter writer(temporary, FileWriter::Mode::create, path);
    RemoveUnlessKept guard(temporary);
    write(writer);
    writer.sync();
    if (::rename(temporary.c_str(), target.c_str()) != 0) fail_path("write", path, errno);
    guard.keep();
  }
  fsync_directory(directory_of(target));
}

void write_file_atomically(const std::string& path, std::string_view text) {
  write_file_atomically(path, [&](FileWriter& writer) { writer.write(text); });
}

void remove_temporaries(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kTemporaryPrefix)) found.push_back(entry->path());
  }
  if (error) fail_path("read", directory, error.value());
  for (const fs::path& path : found) remove_tree(path);
}

void fsync_file(const std::string& path) {
  fsync_path(path, 0);
}

void fsync_directory(const std::string& path) {
  fsync_path(path, O_DIRECTORY);
}

void make_directories(const std::string& path) {
  std::error_code error;
  const fs::path directory = fs::path(path).lexically_normal();
  fs::path walked;
  for (const fs::path& part : directory) {
    walked /= part;
    const fs::file_status status = fs::status(walked, error);
    check(!fs::exists(status) || fs::is_directory(status), "cannot create directory {}: {} is a file", path,
          walked.string());
  }
  fs::create_directories(directory, error);
  if (error) fail_path("create directory", path, error.value());
}

void replace_symlink(const std::string& target, const std::string& link) {
  const std::string temporary = temporary_name(link);
  if (::symlink(target.c_str(), temporary.c_str()) != 0) fail_path("write", link, errno);
  RemoveUnlessKept guard(temporary);
  if (::rename(temporary.c_str(), link.c_str()) != 0) fail_path("write", link, errno);
  guard.keep();
  fsync_directory(directory_of(link));
}

void replace_directory(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return fsync_directory(directory_of(to));
  if (errno != ENOTEMPTY && errno != EEXIST) fail_path("write", to, errno);
  // Swapped at once where the file system can; otherwise the old directory steps aside first.
  std::string old = from;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
    old = temporary_name(to);
    if (::rename(to.c_str(), old.c_str()) != 0 || ::rename(from.c_str(), to.c_str()) != 0)
      fail_path("write", to, errno);
  }
  fsync_directory(directory_of(to));
  remove_tree(old);
}

void remove_directory(const std::string& path) {
  const std::string doomed = temporary_name(path);
  if (::rename(path.c_str(), doomed.c_str()) != 0) fail_path("remove", path, errno);
  remove_tree(doomed);
}

std::shared_ptr<const void> lock_directory(const std::string& path) {
  auto descriptor = std::make_shared<const Descriptor>(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (*descriptor < 0) fail_path("open", path, errno);
  check(::flock(*descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, "{} is in use by another process", path);
  return descriptor;
}

void read_in_pieces(const std::string& path, FunctionRef<void(std::span<const std::byte>)> use) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor < 0) fail_path("open", path, errno);
  std::vector<std::byte> piece(kPieceBytes);
  for (;;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_path("read", path, errno);
    if (got == 0) return;
    use({piece.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace sequent
