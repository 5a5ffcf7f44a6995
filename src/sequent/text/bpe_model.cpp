#include "sequent/text/bpe_model.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "sequent/base/error.h"
#include "sequent/base/word_hash.h"
#include "sequent/text/byte_characters.h"

namespace sequent {
namespace {

constexpr std::size_t kCachedPieces = 1 << 15;
constexpr std::size_t kLongestScan = 32;  // up to here looking at every pair each time beats a heap
constexpr std::int32_t kNoMerge = std::numeric_limits<std::int32_t>::max();

}  // namespace

BpeScratch::BpeScratch() : cache_(kCachedPieces) {}

BpeModel::BpeModel(BpeVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  const std::vector<std::string>& tokens = vocabulary_.tokens;
  byte_ids_.fill(vocabulary_.unknown);
  ids_.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) continue;
    ids_.emplace(tokens[id], static_cast<std::int32_t>(id));
    if (tokens[id].size() == 1) byte_ids_[static_cast<unsigned char>(tokens[id][0])] = static_cast<std::int32_t>(id);
  }
  for (std::size_t i = 0; i < vocabulary_.merges.size(); ++i) {
    const auto [left, right] = vocabulary_.merges[i];
    const auto exists = [&](std::int32_t id) {
      return id >= 0 && static_cast<std::size_t>(id) < tokens.size() && !tokens[static_cast<std::size_t>(id)].empty();
    };
    check(exists(left) && exists(right), "tokenizer: merge {} must name two tokens, got ids {} and {}", i, left, right);
    const std::string whole = tokens[static_cast<std::size_t>(left)] + tokens[static_cast<std::size_t>(right)];
    const auto merged = ids_.find(whole);
    check(merged != ids_.end(), "tokenizer: merge {} makes \"{}\", which is not in the vocabulary", i,
          bytes_to_characters(whole));
    merges_(left, right) = {.rank = static_cast<std::int32_t>(i), .merged = merged->second};
  }
  if (!vocabulary_.whole_pieces_first) ids_.clear();
}

void BpeModel::encode(std::string_view piece, std::vector<std::int32_t>& ids, BpeScratch& scratch) const {
  if (merges_.size() == 0) return encode_bytes(piece, ids);
  BpeScratch::CachedPiece* cached = nullptr;
  if (piece.size() <= BpeScratch::CachedPiece::kLongest) {
    cached = &scratch.cache_[hash_word(piece) % kCachedPieces];
    if (std::string_view(cached->piece.data(), cached->length) == piece) {
      ids.insert(ids.end(), cached->ids.data(), cached->ids.data() + cached->count);
      return;
    }
  }
  merge(piece, scratch);
  const std::vector<std::int32_t>& result = scratch.ids_;
  ids.insert(ids.end(), result.begin(), result.end());
  if (cached != nullptr && result.size() <= BpeScratch::CachedPiece::kMostTokens) {
    std::copy(piece.begin(), piece.end(), cached->piece.begin());
    std::copy(result.begin(), result.end(), cached->ids.begin());
    cached->length = static_cast<std::uint8_t>(piece.size());
    cached->count = static_cast<std::uint8_t>(result.size());
  }
}

void BpeModel::encode_bytes(std::string_view piece, std::vector<std::int32_t>& ids) const {
  const std::size_t before = ids.size();
  ids.resize(before + piece.size());
  std::int32_t smallest = 0;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(piece[i])];
    ids[before + i] = id;
    smallest = std::min(smallest, id);
  }
  if (smallest >= 0) return;
  const auto unknown = std::find_if(piece.begin(), piece.end(),
                                    [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)] < 0; });
  fail("tokenizer: the vocabulary must have a token for every byte of the text, got none for byte {}",
       static_cast<int>(static_cast<unsigned char>(*unknown)));
}

std::int32_t BpeModel::rank(std::int32_t left, std::int32_t right) const {
  const Merge* merge = merges_.find(left, right);
  return merge == nullptr ? kNoMerge : merge->rank;
}

void BpeModel::merge(std::string_view piece, BpeScratch& scratch) const {
  scratch.ids_.clear();
  if (vocabulary_.whole_pieces_first) {
    if (const auto whole = ids_.find(piece); whole != ids_.end()) {
      scratch.ids_.push_back(whole->second);
      return;
    }
  }
  encode_bytes(piece, scratch.ids_);
  if (piece.size() <= kLongestScan) {
    merge_short(scratch);
  } else {
    merge_long(scratch);
  }
}

void BpeModel::merge_short(BpeScratch& scratch) const {
  std::vector<std::int32_t>& ids = scratch.ids_;
  std::vector<std::int32_t>& ranks = scratch.ranks_;  // ranks[i]: of the pair (i, i + 1)
  ranks.clear();
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) ranks.push_back(rank(ids[i], ids[i + 1]));
  while (!ranks.empty()) {
    const auto best = std::min_element(ranks.begin(), ranks.end());
    if (*best == kNoMerge) return;
    const auto at = best - ranks.begin();
    const auto i = static_cast<std::size_t>(at);
    ids[i] = merges_.find(ids[i], ids[i + 1])->merged;
    ids.erase(ids.begin() + at + 1);
    ranks.erase(best);
    if (i > 0) ranks[i - 1] = rank(ids[i - 1], ids[i]);
    if (i < ranks.size()) ranks[i] = rank(ids[i], ids[i + 1]);
  }
}

void BpeModel::merge_long(BpeScratch& scratch) const {
  std::vector<BpeScratch::Symbol>& symbols = scratch.symbols_;
  std::vector<BpeScratch::Candidate>& heap = scratch.heap_;
  const auto count = static_cast<std::int32_t>(scratch.ids_.size());
  symbols.clear();
  for (std::int32_t i = 0; i < count; ++i) {
    symbols.push_back({scratch.ids_[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
  }
  const auto symbol = [&](std::int32_t i) -> BpeScratch::Symbol& { return symbols[static_cast<std::size_t>(i)]; };
  const auto rank_at = [&](std::int32_t i) {
    return symbol(i).id < 0 || symbol(i).after < 0 ? kNoMerge : rank(symbol(i).id, symbol(symbol(i).after).id);
  };
  heap.clear();
  for (std::int32_t i = 0; i < count; ++i) {
    if (const std::int32_t r = rank_at(i); r != kNoMerge) heap.push_back({r, i});
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const BpeScratch::Candidate best = heap.back();
    heap.pop_back();
    if (rank_at(best.position) != best.rank) continue;  // one of the two has been merged since
    BpeScratch::Symbol& left = symbol(best.position);
    BpeScratch::Symbol& right = symbol(left.after);
    left.id = merges_.find(left.id, right.id)->merged;
    left.after = right.after;
    right.id = -1;
    if (left.after >= 0) symbol(left.after).before = best.position;
    for (const std::int32_t position : {left.before, best.position}) {
      if (position < 0) continue;
      const std::int32_t r = rank_at(position);
      if (r == kNoMerge) continue;
      heap.push_back({r, position});
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
  }
  scratch.ids_.clear();
  for (std::int32_t i = 0; i >= 0; i = symbol(i).after) scratch.ids_.push_back(symbol(i).id);
}

}  // namespace sequent
