// Training of byte-level byte-pair encoding (see bpe_model.h) on the words that the pattern of GPT-2 cuts a text into.
#pragma once

#include <cstdint>
#include <functional>

#include "sequent/text/corpus.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

/// How far training is: first the words are counted, then pairs are merged.
struct BpeTrainingProgress {
  std::int64_t bytes_done, bytes_total;    // bytes_total is the size of the files; .jsonl holds less text than that
  std::int64_t merges_done, merges_total;  // merges_done is 0 while words are counted
};

struct BpeTrainingOptions {
  std::int64_t vocabulary_size = 8192;  // from 257 to 2^24, "<|endoftext|>" and the 256 bytes included
  std::int64_t minimum_count = 2;       // pairs that occur less often are not merged
  std::function<void(const BpeTrainingProgress&)> progress;
};

/// Merges the most frequent pair of neighbouring tokens, of several the one with the smallest ids (first the left, then
/// the right), until the vocabulary is full or no pair occurs often enough, so that the vocabulary stays smaller. Ids:
/// 0 is "<|endoftext|>", then the bytes in the order of the characters that stand for them, then the merges. This is
/// what the trainer of the `tokenizers` library makes of the same text. The result does not depend on the number of
/// threads. Memory: the distinct words and their pairs, not the text. Errors: those of Corpus; a vocabulary size or
/// minimum count out of range.
Tokenizer train_bpe(const Corpus& corpus, const BpeTrainingOptions& options);

}  // namespace sequent
