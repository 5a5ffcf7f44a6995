#include "sequent/text/bpe_trainer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/text/byte_characters.h"
#include "sequent/text/document_batcher.h"
#include "sequent/text/gpt2_splitter.h"
#include "sequent/text/line_cut.h"
#include "sequent/text/pair_merger.h"
#include "sequent/text/tokenizer_pipeline.h"
#include "sequent/text/word_counts.h"

namespace sequent {
namespace {

constexpr std::int64_t kLargestVocabulary = std::int64_t{1} << 24;
constexpr std::int64_t kMergesBetweenReports = 64;

class Trainer {
 public:
  Trainer(const Corpus& corpus, const BpeTrainingOptions& options) : corpus_(corpus), options_(options) {
    progress_.bytes_total = corpus.bytes();
    progress_.merges_total = options.vocabulary_size - 257;
  }

  Tokenizer run() {
    count_words();
    make_alphabet();
    PairMerger merger = make_merger();
    merge_pairs(merger);
    return Tokenizer::from_json(write_tokenizer_json(vocabulary_, 0, true));
  }

 private:
  void report() const {
    if (options_.progress) options_.progress(progress_);
  }

  void count_words() {
    // Sums of counts do not depend on which thread counted what.
    std::vector<WordCounts> counts(static_cast<std::size_t>(thread_count()));
    DocumentBatcher batcher(line_cut, [&](std::span<const DocumentJob> jobs) {
      std::atomic<std::size_t> next{0};
      parallel_tasks(static_cast<std::int64_t>(counts.size()), [&](std::int64_t lane) {
        for (std::size_t i; (i = next.fetch_add(1)) < jobs.size();) {
          count_words(jobs[i], counts[static_cast<std::size_t>(lane)]);
        }
      });
      for (const DocumentJob& job : jobs) progress_.bytes_done += static_cast<std::int64_t>(job.text.size());
      report();
    });
    corpus_.for_each_document([&](std::string_view text) { batcher.add_document(text); });
    batcher.finish();
    for (std::size_t i = 1; i < counts.size(); ++i) counts[0].add(std::exchange(counts[i], {}));
    words_ = std::move(counts[0]);
  }

  static void count_words(const DocumentJob& job, WordCounts& counts) {
    for (std::size_t i = 0; i < job.parts.size(); ++i) {
      const std::string_view text = job.part(i);
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = gpt2_piece_end(text, begin);
        counts.add(text.substr(begin, end - begin));
        begin = end;
      }
    }
  }

  void make_alphabet() {
    std::array<std::pair<std::int32_t, int>, 256> characters;
    for (int byte = 0; byte < 256; ++byte) {
      characters[static_cast<std::size_t>(byte)] = {byte_characters()[static_cast<std::size_t>(byte)], byte};
    }
    std::sort(characters.begin(), characters.end());
    add_token({});  // the end of text
    for (const auto& [character, byte] : characters) {
      byte_ids_[static_cast<std::size_t>(byte)] = add_token(std::string(1, static_cast<char>(byte)));
    }
  }

  std::int32_t add_token(std::string bytes) {
    const auto id = static_cast<std::int32_t>(vocabulary_.tokens.size());
    ids_.emplace(bytes, id);
    vocabulary_.tokens.push_back(std::move(bytes));
    return id;
  }

  PairMerger make_merger() const {
    PairMerger merger;
    std::vector<std::int32_t> symbols;
    for (const WordCounts::Word& word : words_.words()) {
      symbols.clear();
      for (const char byte : word.text()) symbols.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
      merger.add_word(symbols, word.count);
    }
    merger.count_pairs();
    return merger;
  }

  void merge_pairs(PairMerger& merger) {
    while (static_cast<std::int64_t>(vocabulary_.tokens.size()) < options_.vocabulary_size) {
      const PairMerger::Pair pair = merger.best();
      if (pair.count < options_.minimum_count) break;
      std::string bytes = token(pair.left) + token(pair.right);
      // Two different pairs can make the same token: then there is one more merge, but not one more token.
      const auto known = ids_.find(bytes);
      const std::int32_t merged = known != ids_.end() ? known->second : add_token(std::move(bytes));
      vocabulary_.merges.emplace_back(pair.left, pair.right);
      merger.merge(pair, merged);
      if (++progress_.merges_done % kMergesBetweenReports == 0) report();
    }
    report();
  }

  const std::string& token(std::int32_t id) const { return vocabulary_.tokens[static_cast<std::size_t>(id)]; }

  const Corpus& corpus_;
  const BpeTrainingOptions& options_;
  BpeTrainingProgress progress_ = {};
  WordCounts words_;
  std::array<std::int32_t, 256> byte_ids_ = {};
  std::unordered_map<std::string, std::int32_t> ids_;
  BpeVocabulary vocabulary_;
};

}  // namespace

Tokenizer train_bpe(const Corpus& corpus, const BpeTrainingOptions& options) {
  check(options.vocabulary_size >= 257 && options.vocabulary_size <= kLargestVocabulary,
        "tokenizer: the vocabulary size must be from 257 to {}, got {}", kLargestVocabulary, options.vocabulary_size);
  check(options.minimum_count >= 1, "tokenizer: the minimum count must be at least 1, got {}", options.minimum_count);
  return Trainer(corpus, options).run();
}

}  // namespace sequent
