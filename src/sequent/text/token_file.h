// The file a token stream is kept in: the tokens (two bytes each where the vocabulary allows it), where each document
// begins, and a checksummed description of both. Numbers are in the byte order of the machine; a foreign file fails the
// check of the description.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sequent/base/files.h"
#include "sequent/base/hash.h"

namespace sequent {

/// Stands at the end of the file, because the counts are known only there.
struct TokenFileDescription {
  char magic[8];
  std::uint32_t version;
  std::uint32_t bytes_per_token;  // 2 or 4
  std::uint64_t key;              // hash of what the tokens were made from
  std::int64_t tokens;
  std::int64_t documents;
  std::int64_t text_bytes;
  std::uint64_t content_checksum;      // of everything before
  std::uint64_t description_checksum;  // of the fields above
};

class TokenFileWriter {
 public:
  TokenFileWriter(FileWriter& file, std::int64_t vocabulary_size)
      : file_(file), bytes_per_token_(vocabulary_size <= 65536 ? 2 : 4) {}

  /// The next token added begins a document.
  void begin_document() { documents_.push_back(tokens_); }
  void add(std::span<const std::int32_t> ids);

  /// Completes the file.
  void finish(std::uint64_t key, std::int64_t text_bytes);

 private:
  void write(const void* data, std::size_t bytes);

  FileWriter& file_;
  std::uint32_t bytes_per_token_;
  Hash64 checksum_;
  std::int64_t tokens_ = 0;
  std::vector<std::int64_t> documents_;
  std::vector<std::uint16_t> narrow_;
};

class TokenFile {
 public:
  /// The file at `path`, or nothing if there is none, or it is damaged, cut short, or made from something else.
  /// Reads it all, for its checksum.
  static std::optional<TokenFile> open(const std::string& path, std::uint64_t key);

  std::int64_t tokens() const { return description_.tokens; }
  std::int64_t documents() const { return description_.documents; }
  std::int64_t text_bytes() const { return description_.text_bytes; }

  std::int32_t token(std::int64_t i) const {
    return description_.bytes_per_token == 2 ? narrow_[i] : static_cast<std::int32_t>(wide_[i]);
  }
  std::int64_t document_begin(std::int64_t i) const { return documents_[i]; }

 private:
  TokenFile() = default;

  std::shared_ptr<const MappedFile> file_;
  TokenFileDescription description_ = {};
  const std::uint16_t* narrow_ = nullptr;
  const std::uint32_t* wide_ = nullptr;
  const std::int64_t* documents_ = nullptr;
};

}  // namespace sequent
