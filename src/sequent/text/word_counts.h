// How often each word occurs in a text.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sequent {

class WordCounts {
 public:
  struct Word {
    const char* data = nullptr;  // nullptr: a free slot
    std::size_t length = 0;
    std::uint64_t hash = 0;
    std::int64_t count = 0;

    std::string_view text() const { return {data, length}; }
  };

  WordCounts() : slots_(1024) {}

  void add(std::string_view word, std::int64_t count = 1);
  void add(const WordCounts& other);

  std::int64_t size() const { return static_cast<std::int64_t>(size_); }

  /// The words, in no particular order; their text lives as long as this object.
  std::vector<Word> words() const;

 private:
  void add(std::string_view word, std::uint64_t hash, std::int64_t count);
  const char* keep(std::string_view word);
  void grow();

  std::vector<Word> slots_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  std::size_t free_bytes_ = 0;
};

}  // namespace sequent
