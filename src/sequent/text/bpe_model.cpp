#include "sequent/text/bpe_model.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/byte_characters.h"
#include "sequent/text/byte_pieces.h"
#include "sequent/text/metaspace_splitter.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr std::size_t kLongestScan = 32;  // up to here looking at every pair each time beats a heap
constexpr std::int32_t kNoMerge = std::numeric_limits<std::int32_t>::max();

/// The code point of a text that is one valid character, otherwise -1.
std::int32_t single_character(std::string_view text) {
  const Utf8Character character = utf8_character(text, 0);
  return static_cast<std::size_t>(character.length) == text.size() ? character.code_point : -1;
}

/// Where the next word begins behind text[at]: a U+2581 behind another character.
std::size_t next_word(std::string_view text, std::size_t at) {
  while ((at = text.find(kMetaspace, at + 1)) != std::string_view::npos) {
    if (!text.substr(0, at).ends_with(kMetaspace)) return at;
  }
  return text.size();
}

}  // namespace

BpeModel::BpeModel(BpeVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  const std::vector<std::string>& tokens = vocabulary_.tokens;
  const bool bytes = vocabulary_.alphabet == BpeVocabulary::Alphabet::bytes;
  byte_ids_.fill(bytes ? vocabulary_.unknown : -1);
  ids_.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    if (token.empty()) continue;
    const auto id = static_cast<std::int32_t>(i);
    ids_.emplace(token, id);
    if (bytes && token.size() == 1) byte_ids_[static_cast<unsigned char>(token[0])] = id;
    if (bytes) continue;
    if (const std::int32_t character = single_character(token); character >= 0) character_ids_(0, character) = id;
    const std::optional<char> byte = byte_of_piece(token);
    if (vocabulary_.byte_fallback && byte && token == byte_piece(*byte)) {
      byte_ids_[static_cast<unsigned char>(*byte)] = id;
    }
  }
  for (const std::int32_t id : vocabulary_.never_merged) never_merged_.add(tokens[static_cast<std::size_t>(id)], id);
  for (std::size_t i = 0; i < vocabulary_.merges.size(); ++i) add_merge(i);
  if (!vocabulary_.whole_pieces_first) ids_.clear();
  cuts_words_ = can_cut_words();
}

void BpeModel::add_merge(std::size_t i) {
  const std::vector<std::string>& tokens = vocabulary_.tokens;
  const auto [left, right] = vocabulary_.merges[i];
  const auto exists = [&](std::int32_t id) {
    return id >= 0 && static_cast<std::size_t>(id) < tokens.size() && !tokens[static_cast<std::size_t>(id)].empty();
  };
  check(exists(left) && exists(right), "tokenizer: merge {} must name two tokens, got ids {} and {}", i, left, right);
  const std::string whole = tokens[static_cast<std::size_t>(left)] + tokens[static_cast<std::size_t>(right)];
  const auto merged = ids_.find(whole);
  check(merged != ids_.end(), "tokenizer: merge {} makes \"{}\", which is not in the vocabulary", i,
        vocabulary_.alphabet == BpeVocabulary::Alphabet::bytes ? bytes_to_characters(whole) : whole);
  const std::int32_t rank = vocabulary_.ranks.empty() ? static_cast<std::int32_t>(i) : vocabulary_.ranks[i];
  merges_(left, right) = {.rank = rank, .merged = merged->second};
}

/// Whether nothing is ever merged over the beginning of a word, as in vocabularies that were trained on words.
bool BpeModel::can_cut_words() const {
  if (vocabulary_.alphabet != BpeVocabulary::Alphabet::characters || vocabulary_.whole_pieces_first ||
      character_ids_.find(0, single_character(kMetaspace)) == nullptr) {
    return false;
  }
  const auto text = [&](std::int32_t id) -> std::string_view {
    return vocabulary_.tokens[static_cast<std::size_t>(id)];
  };
  return std::none_of(vocabulary_.merges.begin(), vocabulary_.merges.end(),
                      [&](const auto& merge) {
                        return !text(merge.first).ends_with(kMetaspace) && text(merge.second).starts_with(kMetaspace);
                      }) &&
         std::none_of(vocabulary_.never_merged.begin(), vocabulary_.never_merged.end(),
                      [&](std::int32_t id) { return next_word(text(id), 0) < text(id).size(); });
}

void BpeModel::encode(std::string_view piece, std::vector<std::int32_t>& ids, ModelScratch& scratch) const {
  check(piece.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()),
        "tokenizer: a piece of text must be shorter than 2 GiB");
  if (merges_.size() == 0 && !vocabulary_.whole_pieces_first) return append_symbols(piece, ids);
  if (!cuts_words_) return encode_word(piece, ids, scratch);
  for (std::size_t begin = 0; begin < piece.size();) {
    const std::size_t end = next_word(piece, begin);
    encode_word(piece.substr(begin, end - begin), ids, scratch);
    begin = end;
  }
}

void BpeModel::encode_word(std::string_view word, std::vector<std::int32_t>& ids, ModelScratch& scratch) const {
  if (scratch.cache.append(word, ids)) return;
  merge(word, scratch);
  ids.insert(ids.end(), scratch.ids.begin(), scratch.ids.end());
  scratch.cache.keep(word, scratch.ids);
}

void BpeModel::append_symbols(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (vocabulary_.alphabet == BpeVocabulary::Alphabet::bytes) return append_bytes(word, ids);
  bool unknown = false;  // a character before is unknown, and its token not written yet
  const auto append = [&](std::int32_t id) {
    if (std::exchange(unknown, false)) ids.push_back(vocabulary_.unknown);
    ids.push_back(id);
  };
  for (std::size_t at = 0; at < word.size();) {
    if (const std::int32_t id = find_never_merged(word, at); id >= 0) {
      append(id);
      continue;
    }
    const Utf8Character character = utf8_character(word, at);
    const std::string_view bytes = word.substr(at, static_cast<std::size_t>(character.length));
    at += bytes.size();
    const std::int32_t* id = character.code_point < 0 ? nullptr : character_ids_.find(0, character.code_point);
    if (id != nullptr) {
      append(*id);
    } else if (!append_spelled(bytes, ids)) {
      check(vocabulary_.unknown >= 0,
            "tokenizer: the vocabulary must have a token for every character of the text, got none for \"{}\"",
            valid_utf8(bytes));
      if (std::exchange(unknown, true) && !vocabulary_.fuse_unknown) ids.push_back(vocabulary_.unknown);
    }
  }
  if (unknown) ids.push_back(vocabulary_.unknown);
}

std::int32_t BpeModel::find_never_merged(std::string_view word, std::size_t& at) const {
  std::int32_t longest = -1;
  if (never_merged_.empty()) return longest;
  std::size_t longest_end = at;
  never_merged_.for_each_prefix(word, at, [&](std::size_t end, std::int32_t id) {
    longest = id;
    longest_end = end;
  });
  at = longest_end;
  return longest;
}

bool BpeModel::append_spelled(std::string_view character, std::vector<std::int32_t>& ids) const {
  const auto id_of = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (!std::all_of(character.begin(), character.end(), [&](char byte) { return id_of(byte) >= 0; })) return false;
  for (const char byte : character) ids.push_back(id_of(byte));
  return true;
}

void BpeModel::append_bytes(std::string_view piece, std::vector<std::int32_t>& ids) const {
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

void BpeModel::merge(std::string_view word, ModelScratch& scratch) const {
  scratch.ids.clear();
  if (vocabulary_.whole_pieces_first) {
    if (const auto whole = ids_.find(word); whole != ids_.end()) {
      scratch.ids.push_back(whole->second);
      return;
    }
  }
  append_symbols(word, scratch.ids);
  if (scratch.ids.size() <= kLongestScan) {
    merge_short(scratch);
  } else {
    merge_long(scratch);
  }
}

void BpeModel::merge_short(ModelScratch& scratch) const {
  std::vector<std::int32_t>& ids = scratch.ids;
  std::vector<std::int32_t>& ranks = scratch.ranks;  // ranks[i]: of the pair (i, i + 1)
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

void BpeModel::merge_long(ModelScratch& scratch) const {
  std::vector<ModelScratch::Symbol>& symbols = scratch.symbols;
  std::vector<ModelScratch::Candidate>& heap = scratch.heap;
  const auto count = static_cast<std::int32_t>(scratch.ids.size());
  symbols.clear();
  for (std::int32_t i = 0; i < count; ++i) {
    symbols.push_back({scratch.ids[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
  }
  const auto symbol = [&](std::int32_t i) -> ModelScratch::Symbol& { return symbols[static_cast<std::size_t>(i)]; };
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
    const ModelScratch::Candidate best = heap.back();
    heap.pop_back();
    if (rank_at(best.position) != best.rank) continue;  // one of the two has been merged since
    ModelScratch::Symbol& left = symbol(best.position);
    ModelScratch::Symbol& right = symbol(left.after);
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
  scratch.ids.clear();
  for (std::int32_t i = 0; i >= 0; i = symbol(i).after) scratch.ids.push_back(symbol(i).id);
}

}  // namespace sequent
