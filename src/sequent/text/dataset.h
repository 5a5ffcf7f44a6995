// A text corpus as one long stream of tokens, kept in a file that is mapped, so that it may be larger than memory.
//
// The stream is  <eot> document 1 <eot> document 2 ...:  every document is preceded by the end-of-text token, which is
// its beginning. So the target of every position is simply the next token of the stream.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sequent/text/corpus.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

class TokenFile;

/// Tokens [begin, end) of a dataset. A value: it keeps the mapped file alive.
class TokenView {
 public:
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  std::int64_t size() const { return end_ - begin_; }

  /// The token with which every document begins.
  std::int32_t begin_of_text() const;

  /// Token i of the view, 0 <= i < size(); outside it is an Error.
  std::int32_t token(std::int64_t i) const;

  /// Appends tokens [from, to) of the view to `ids`. Error unless 0 <= from <= to <= size().
  void append(std::int64_t from, std::int64_t to, std::vector<std::int32_t>& ids) const;

  /// Number of text bytes that tokens [from, to) of the view represent; special tokens stand for none. A loss
  /// summed over targets [from, to), divided by ln 2 and by this, is in bits per byte.
  std::int64_t text_bytes(std::int64_t from, std::int64_t to) const;

 private:
  friend class TokenDataset;
  struct Storage;
  TokenView(std::shared_ptr<const Storage> storage, std::int64_t begin, std::int64_t end)
      : storage_(std::move(storage)), begin_(begin), end_(end) {}

  std::shared_ptr<const Storage> storage_;
  std::int64_t begin_, end_;
};

class TokenDataset {
 public:
  /// Called while a corpus is tokenised: bytes of text done, bytes of the files in all.
  using Progress = std::function<void(std::int64_t, std::int64_t)>;

  /// The tokens of the corpus: those in `cache_directory` if the same corpus has been tokenised there with the same
  /// tokenizer, otherwise they are made and left there (the directory is made if need be). A damaged file there is made
  /// anew. Error if the tokenizer has no token to begin documents with, if the corpus has no text, if a file cannot be
  /// written.
  static TokenDataset open(const Corpus& corpus, const Tokenizer& tokenizer,
                           const std::filesystem::path& cache_directory, const Progress& progress = {});

  std::int64_t tokens() const { return all_.size(); }

  /// Number of text bytes represented.
  std::int64_t bytes() const;

  std::int64_t documents() const;

  /// Where document i begins: the position of its end-of-text token. 0 <= i < documents().
  std::int64_t document_begin(std::int64_t i) const;

  /// Whether the tokens were found in the cache.
  bool from_cache() const { return from_cache_; }

  const TokenView& all() const { return all_; }

  /// The stream without its last round(held_out_fraction * tokens()) tokens, and those. 0 <= held_out_fraction < 1.
  std::pair<TokenView, TokenView> split(double held_out_fraction) const;

  /// Tokens [begin, end). Error unless 0 <= begin <= end <= tokens().
  TokenView view(std::int64_t begin, std::int64_t end) const;

 private:
  TokenDataset(TokenView all, bool from_cache) : all_(std::move(all)), from_cache_(from_cache) {}

  TokenView all_;
  bool from_cache_;
};

}  // namespace sequent
