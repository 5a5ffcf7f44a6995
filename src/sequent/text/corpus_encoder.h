// Tokenises documents in parallel and in order, with a bounded amount of text in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/text/token_file.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

class CorpusEncoder {
 public:
  /// `progress` is called with the number of text bytes done.
  CorpusEncoder(const Tokenizer& tokenizer, TokenFileWriter& writer, std::function<void(std::int64_t)> progress);

  void add_document(std::string_view text);

  /// Writes what is still waiting.
  void finish();

  /// Number of text bytes that the tokens written so far represent.
  std::int64_t text_bytes() const { return text_bytes_; }

 private:
  // A part of a document that is encoded on its own.
  struct Part {
    std::size_t begin;  // in the text of its job
    bool starts_document;
  };
  // What one thread encodes at a time.
  struct Job {
    std::string text;
    std::vector<Part> parts;
    std::vector<std::int32_t> ids;
    std::vector<std::size_t> documents;  // where in ids a document starts
    std::int64_t text_bytes = 0;
  };

  void add_part(std::string_view text, bool starts_document);
  void encode(Job& job) const;
  void write(const Job& job);

  const Tokenizer& tokenizer_;
  TokenFileWriter& writer_;
  std::function<void(std::int64_t)> progress_;
  std::vector<std::int64_t> token_bytes_;  // text bytes by id
  std::vector<Job> jobs_;
  std::int64_t text_bytes_ = 0;
  std::int64_t bytes_done_ = 0;
};

}  // namespace sequent
