#include "sequent/text/word_counts.h"

#include <algorithm>
#include <cstring>

#include "sequent/base/word_hash.h"

namespace sequent {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

}  // namespace

void WordCounts::add(std::string_view word, std::int64_t count) {
  add(word, hash_word(word), count);
}

void WordCounts::add(const WordCounts& other) {
  for (const Word& word : other.slots_) {
    if (word.data != nullptr) add(word.text(), word.hash, word.count);
  }
}

void WordCounts::add(std::string_view word, std::uint64_t hash, std::int64_t count) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Word& slot = slots_[i];
    if (slot.data == nullptr) {
      slot = {.data = keep(word), .length = word.size(), .hash = hash, .count = count};
      if (2 * ++size_ > slots_.size()) grow();
      return;
    }
    if (slot.hash == hash && slot.text() == word) {
      slot.count += count;
      return;
    }
  }
}

const char* WordCounts::keep(std::string_view word) {
  if (word.size() > free_bytes_ || free_ == nullptr) {  // the empty word needs a place as well
    free_bytes_ = std::max(kBlockBytes, word.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(free_bytes_));
    free_ = blocks_.back().get();
  }
  char* kept = free_;
  std::memcpy(kept, word.data(), word.size());
  free_ += word.size();
  free_bytes_ -= word.size();
  return kept;
}

void WordCounts::grow() {
  std::vector<Word> old(2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Word& word : old) {
    if (word.data == nullptr) continue;
    std::size_t i = word.hash & mask;
    while (slots_[i].data != nullptr) i = (i + 1) & mask;
    slots_[i] = word;
  }
}

std::vector<WordCounts::Word> WordCounts::words() const {
  std::vector<Word> words;
  words.reserve(size_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(words),
               [](const Word& w) { return w.data != nullptr; });
  return words;
}

}  // namespace sequent
