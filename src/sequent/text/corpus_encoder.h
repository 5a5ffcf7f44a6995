// Tokenises documents in parallel and writes them in order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/text/document_batcher.h"
#include "sequent/text/token_file.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

class CorpusEncoder {
 public:
  /// `progress` is called with the number of text bytes done.
  CorpusEncoder(const Tokenizer& tokenizer, TokenFileWriter& writer, std::function<void(std::int64_t)> progress);

  void add_document(std::string_view text) { batcher_.add_document(text); }

  /// Writes what is still waiting.
  void finish() { batcher_.finish(); }

  /// Number of text bytes that the tokens written so far represent.
  std::int64_t text_bytes() const { return text_bytes_; }

 private:
  struct Encoded {
    std::vector<std::int32_t> ids;
    std::vector<std::size_t> documents;  // where in ids a document starts
    std::int64_t text_bytes = 0;
  };

  void process(std::span<const DocumentJob> jobs);
  Encoded encode(const DocumentJob& job) const;
  void begin_document(Encoded& encoded) const;
  bool ends_documents() const;
  void write(const Encoded& encoded);

  Tokenizer tokenizer_;
  TokenFileWriter& writer_;
  std::function<void(std::int64_t)> progress_;
  DocumentBatcher batcher_;
  std::vector<std::int64_t> token_bytes_;  // text bytes by id
  bool first_ = true;
  std::int64_t text_bytes_ = 0;
  std::int64_t bytes_done_ = 0;
};

}  // namespace sequent
