// The bytes of one run as a mapped file, so that readers are called as they always are.
#pragma once

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "sequent/base/files.h"

namespace sequent::fuzz {

class MappedInput {
 public:
  MappedInput(const std::uint8_t* data, std::size_t size) {
    static const int descriptor = memfd_create("input", 0);
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    file = MappedFile::open("/proc/self/fd/" + std::to_string(descriptor));
    // What follows the end in its last page is readable, and must not be read.
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    tail_ = file->data() + size;
    tail_bytes_ = (page - size % page) % page;
    if (size > 0) __asan_poison_memory_region(tail_, tail_bytes_);
  }
  ~MappedInput() { __asan_unpoison_memory_region(tail_, tail_bytes_); }
  MappedInput(const MappedInput&) = delete;
  MappedInput& operator=(const MappedInput&) = delete;

  std::shared_ptr<const MappedFile> file;

 private:
  const std::byte* tail_;
  std::size_t tail_bytes_;
};

}  // namespace sequent::fuzz
