#include "sequent/text/token_file.h"

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <limits>

namespace sequent {
namespace {

constexpr char kMagic[9] = "SEQTOKEN";
constexpr std::uint32_t kVersion = 1;

std::int64_t padded(std::int64_t bytes) {
  return (bytes + 7) / 8 * 8;
}

std::uint64_t checksum(const TokenFileDescription& description) {
  return hash64(&description, offsetof(TokenFileDescription, description_checksum));
}

bool valid(const TokenFileDescription& description, std::uint64_t key, const std::byte* content, std::int64_t size) {
  // Counts are bounded first, so that the sum below cannot overflow.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 64;
  return std::memcmp(description.magic, kMagic, 8) == 0 && description.version == kVersion &&
         description.description_checksum == checksum(description) && description.key == key &&
         (description.bytes_per_token == 2 || description.bytes_per_token == 4) && description.tokens >= 0 &&
         description.tokens < kMost && description.documents >= 0 && description.documents < kMost &&
         size == padded(description.tokens * description.bytes_per_token) + 8 * description.documents &&
         description.content_checksum == hash64(content, static_cast<std::size_t>(size));
}

}  // namespace

void TokenFileWriter::write(const void* data, std::size_t bytes) {
  checksum_.update(data, bytes);
  file_.write(data, bytes);
}

void TokenFileWriter::add(std::span<const std::int32_t> ids) {
  if (bytes_per_token_ == 2) {
    narrow_.assign(ids.begin(), ids.end());
    write(narrow_.data(), 2 * narrow_.size());
  } else {
    write(ids.data(), ids.size_bytes());
  }
  tokens_ += static_cast<std::int64_t>(ids.size());
}

void TokenFileWriter::finish(std::uint64_t key, std::int64_t text_bytes) {
  const std::int64_t bytes = tokens_ * bytes_per_token_;
  const std::int64_t zero = 0;
  write(&zero, static_cast<std::size_t>(padded(bytes) - bytes));
  write(documents_.data(), 8 * documents_.size());
  TokenFileDescription description = {.magic = {},
                                      .version = kVersion,
                                      .bytes_per_token = bytes_per_token_,
                                      .key = key,
                                      .tokens = tokens_,
                                      .documents = static_cast<std::int64_t>(documents_.size()),
                                      .text_bytes = text_bytes,
                                      .content_checksum = checksum_.digest(),
                                      .description_checksum = 0};
  std::memcpy(description.magic, kMagic, 8);
  description.description_checksum = checksum(description);
  file_.write(&description, sizeof(description));
}

std::optional<TokenFile> TokenFile::open(const std::string& path, std::uint64_t key) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  TokenFile result;
  result.file_ = MappedFile::open(path);
  constexpr auto kDescriptionBytes = static_cast<std::int64_t>(sizeof(TokenFileDescription));
  const std::int64_t content_bytes = result.file_->size() - kDescriptionBytes;
  if (content_bytes < 0) return {};
  const std::byte* content = result.file_->data();
  std::memcpy(&result.description_, content + content_bytes, sizeof(TokenFileDescription));
  if (!valid(result.description_, key, content, content_bytes)) return {};
  result.narrow_ = reinterpret_cast<const std::uint16_t*>(content);
  result.wide_ = reinterpret_cast<const std::uint32_t*>(content);
  result.documents_ =
      reinterpret_cast<const std::int64_t*>(content + padded(result.tokens() * result.description_.bytes_per_token));
  return result;
}

}  // namespace sequent
