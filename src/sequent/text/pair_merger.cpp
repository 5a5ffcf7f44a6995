#include "sequent/text/pair_merger.h"

#include "sequent/base/error.h"

namespace sequent {

void PairMerger::add_word(std::span<const std::int32_t> symbols, std::int64_t count) {
  words_.push_back({symbols_.size(), static_cast<std::int32_t>(symbols.size()), count});
  symbols_.insert(symbols_.end(), symbols.begin(), symbols.end());
}

PairMerger::PairInfo& PairMerger::info(std::int32_t left, std::int32_t right) {
  std::int32_t& index = pair_index_(left, right);
  if (index == 0) {
    infos_.push_back({.left = left, .right = right, .words = {}});
    index = static_cast<std::int32_t>(infos_.size());
  }
  return infos_[static_cast<std::size_t>(index - 1)];
}

void PairMerger::grow(std::int32_t left, std::int32_t right, std::int32_t word) {
  PairInfo& pair = info(left, right);
  pair.count += words_[static_cast<std::size_t>(word)].count;
  if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
  if (!pair.changed) changed_.push_back(static_cast<std::int32_t>(&pair - infos_.data()));
  pair.changed = true;
}

void PairMerger::shrink(std::int32_t left, std::int32_t right, std::int32_t word) {
  info(left, right).count -= words_[static_cast<std::size_t>(word)].count;
}

void PairMerger::count_pairs() {
  for (std::size_t w = 0; w < words_.size(); ++w) {
    const std::int32_t* symbols = symbols_.data() + words_[w].begin;
    for (std::int32_t i = 0; i + 1 < words_[w].length; ++i) {
      grow(symbols[i], symbols[i + 1], static_cast<std::int32_t>(w));
    }
  }
  merge({.left = 0, .right = 0, .count = 0}, 0);
}

PairMerger::Pair PairMerger::best() {
  while (!queue_.empty()) {
    const Queued top = queue_.top();
    const std::int64_t count = infos_[static_cast<std::size_t>(top.info)].count;
    if (count == top.count) return {top.left, top.right, count};
    queue_.pop();
    if (count > 0) queue_.push({count, top.left, top.right, top.info});
  }
  return {0, 0, 0};
}

void PairMerger::merge(const Pair& pair, std::int32_t merged) {
  if (pair.count > 0) {
    PairInfo& merging = info(pair.left, pair.right);
    // Moved out, because new pairs may move the infos.
    const std::vector<std::int32_t> words = std::move(merging.words);
    for (const std::int32_t word : words) merge_in_word(pair, merged, word);
    PairInfo& done = info(pair.left, pair.right);
    done.count = 0;
    done.words = {};
  }
  for (const std::int32_t index : changed_) {
    PairInfo& changed = infos_[static_cast<std::size_t>(index)];
    changed.changed = false;
    if (changed.count > 0) queue_.push({changed.count, changed.left, changed.right, index});
  }
  changed_.clear();
}

void PairMerger::merge_in_word(const Pair& pair, std::int32_t merged, std::int32_t word) {
  Word& place = words_[static_cast<std::size_t>(word)];
  std::int32_t* symbols = symbols_.data() + place.begin;
  std::int32_t kept = 0;  // symbols[0, kept) are done
  for (std::int32_t i = 0; i < place.length; ++i) {
    if (i + 1 == place.length || symbols[i] != pair.left || symbols[i + 1] != pair.right) {
      symbols[kept++] = symbols[i];
      continue;
    }
    if (kept > 0) {
      shrink(symbols[kept - 1], pair.left, word);
      grow(symbols[kept - 1], merged, word);
    }
    if (i + 2 < place.length) {
      shrink(pair.right, symbols[i + 2], word);
      grow(merged, symbols[i + 2], word);
    }
    symbols[kept++] = merged;
    ++i;
  }
  place.length = kept;
}

}  // namespace sequent
