#include "sequent/text/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sequent/base/error.h"
#include "sequent/text/byte_pieces.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

// Far from what is lost in rounding, whatever the length of a text.
constexpr double kLargestScore = 1e12;

}  // namespace

UnigramModel::UnigramModel(UnigramVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  const auto size = static_cast<std::int32_t>(vocabulary_.tokens.size());
  byte_ids_.fill(-1);
  check(vocabulary_.unknown < size, "tokenizer: the unknown token must be one of {}, got id {}", size,
        vocabulary_.unknown);
  for (std::int32_t id = 0; id < size; ++id) {
    const UnigramVocabulary::Token& token = vocabulary_.tokens[static_cast<std::size_t>(id)];
    check(std::abs(token.score) <= kLargestScore,
          "tokenizer: the score of a token must be a number of at most {}, got {} "
          "for id {}",
          kLargestScore, token.score, id);
    if (token.matches) {
      ids_[token.text] = id;
      trie_.add(token.text, id);
    }
    const std::optional<char> byte = byte_of_piece(token.text);
    if (vocabulary_.byte_fallback && byte && token.text == byte_piece(*byte)) {
      byte_ids_[static_cast<unsigned char>(*byte)] = id;
    }
  }
}

void UnigramModel::encode(std::string_view piece, std::vector<std::int32_t>& ids, ModelScratch& scratch) const {
  if (scratch.cache.append(piece, ids)) return;
  check(piece.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()),
        "tokenizer: a piece of text must be shorter than 2 GiB");
  if (vocabulary_.float_sums) {
    find_way<float>(piece, scratch.steps);
  } else {
    find_way<double>(piece, scratch.steps);
  }
  scratch.ids.clear();
  append_way(piece, scratch.steps, scratch.ids);
  ids.insert(ids.end(), scratch.ids.begin(), scratch.ids.end());
  scratch.cache.keep(piece, scratch.ids);
}

template <class Sum>
void UnigramModel::find_way(std::string_view piece, std::vector<ModelScratch::Step>& steps) const {
  steps.assign(piece.size() + 1, {.score = 0, .begin = -1, .id = -1});
  const auto improve = [&](std::size_t begin, std::size_t end, double sum, std::int32_t id) {
    ModelScratch::Step& step = steps[end];
    const double score = static_cast<Sum>(sum);
    if (step.begin >= 0 && !(score > step.score)) return;
    step = {.score = score, .begin = static_cast<std::int32_t>(begin), .id = id};
  };
  for (std::size_t at = 0; at < piece.size();) {
    const double before = steps[at].score;
    const auto next = at + static_cast<std::size_t>(utf8_character(piece, at).length);
    bool known = false;
    trie_.for_each_prefix(piece, at, [&](std::size_t end, std::int32_t id) {
      improve(at, end, before + vocabulary_.tokens[static_cast<std::size_t>(id)].score, id);
      known = known || end == next;
    });
    if (!known) improve(at, next, before + vocabulary_.unknown_score, vocabulary_.unknown);
    at = next;
  }
}

void UnigramModel::append_way(std::string_view piece, const std::vector<ModelScratch::Step>& steps,
                              std::vector<std::int32_t>& ids) const {
  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  // From the end to the beginning.
  std::size_t unknown_end = 0;  // of the run of unknown characters that is open; 0: none is
  std::vector<std::int32_t> spelled;
  for (std::size_t end = piece.size(); end > 0;) {
    const ModelScratch::Step& step = steps[end];
    const auto begin = static_cast<std::size_t>(step.begin);
    const bool unknown = step.id == vocabulary_.unknown;
    if (unknown && unknown_end == 0) unknown_end = end;
    const bool run_begins = unknown && (begin == 0 || steps[begin].id != vocabulary_.unknown);
    if (run_begins) {
      spelled.clear();
      append_unknown(piece.substr(begin, unknown_end - begin), spelled);
      ids.insert(ids.end(), spelled.rbegin(), spelled.rend());
      unknown_end = 0;
    } else if (!unknown) {
      ids.push_back(step.id);
    }
    end = begin;
  }
  std::reverse(ids.begin() + first, ids.end());
}

void UnigramModel::append_unknown(std::string_view stretch, std::vector<std::int32_t>& ids) const {
  // Together unknown characters may be a token, and so may the text of the unknown token itself.
  if (const auto found = ids_.find(stretch); found != ids_.end()) {
    ids.push_back(found->second);
    return;
  }
  const auto id_of = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (std::all_of(stretch.begin(), stretch.end(), [&](char byte) { return id_of(byte) >= 0; })) {
    for (const char byte : stretch) ids.push_back(id_of(byte));
    return;
  }
  check(vocabulary_.unknown >= 0,
        "tokenizer: the vocabulary must have a token for every character of the text, got none "
        "for \"{}\"",
        valid_utf8(stretch));
  ids.push_back(vocabulary_.unknown);
}

}  // namespace sequent
