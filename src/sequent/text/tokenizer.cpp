#include "sequent/text/tokenizer.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "sequent/text/line_cut.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {
namespace {

constexpr const char* kFileName = "tokenizer.json";
constexpr const char* kConfigFileName = "tokenizer_config.json";

/// Working memory borrowed from a pipeline.
class BorrowedScratch {
 public:
  explicit BorrowedScratch(const TokenizerPipeline& pipeline) : pipeline_(pipeline) {
    const std::lock_guard lock(pipeline.scratch_mutex);
    if (pipeline.free_scratch.empty()) {
      scratch_ = std::make_unique<BpeScratch>();
    } else {
      scratch_ = std::move(pipeline.free_scratch.back());
      pipeline.free_scratch.pop_back();
    }
  }
  ~BorrowedScratch() {
    const std::lock_guard lock(pipeline_.scratch_mutex);
    pipeline_.free_scratch.push_back(std::move(scratch_));
  }
  BorrowedScratch(const BorrowedScratch&) = delete;
  BorrowedScratch& operator=(const BorrowedScratch&) = delete;

  BpeScratch& operator*() { return *scratch_; }

 private:
  const TokenizerPipeline& pipeline_;
  std::unique_ptr<BpeScratch> scratch_;
};

/// One text on its way through a pipeline.
class Encoding {
 public:
  Encoding(const TokenizerPipeline& pipeline, bool special)
      : pipeline_(pipeline), scratch_(pipeline), special_(special) {}

  std::vector<std::int32_t> run(std::string_view text) {
    pipeline_.added_tokens.split(
        text, false, special_, [&](std::string_view plain) { normalize(plain); }, [&](std::int32_t id) { add(id); });
    return std::move(ids_);
  }

 private:
  void add(std::int32_t id) { ids_.push_back(id); }

  void normalize(std::string_view text) {
    if (pipeline_.normalizer == nullptr) return split_added(text);
    split_added(pipeline_.normalizer->normalize(text));
  }

  void split_added(std::string_view text) {
    pipeline_.added_tokens.split(
        text, true, special_, [&](std::string_view plain) { add_prefix(plain); }, [&](std::int32_t id) { add(id); });
  }

  void add_prefix(std::string_view text) {
    if (!pipeline_.prefix_space || text.starts_with(' ')) return split(text, 0);
    std::string prefixed = " ";
    prefixed += text;
    split(prefixed, 0);
  }

  void split(std::string_view text, std::size_t depth) {
    if (depth == pipeline_.splitters.size()) return pipeline_.model->encode(text, ids_, *scratch_);
    pipeline_.splitters[depth]->split(text, [&](std::string_view piece) { split(piece, depth + 1); });
  }

  const TokenizerPipeline& pipeline_;
  BorrowedScratch scratch_;
  bool special_;
  std::vector<std::int32_t> ids_;
};

std::string byte_tokenizer_json() {
  BpeVocabulary vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
  vocabulary.tokens.emplace_back();
  return write_tokenizer_json(vocabulary, 256, false);
}

}  // namespace

Tokenizer Tokenizer::bytes() {
  return from_json(byte_tokenizer_json());
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  const std::filesystem::path file = std::filesystem::is_directory(path) ? path / kFileName : path;
  return from_json(read_text(file.string()), file.string());
}

Tokenizer Tokenizer::from_json(std::string json, std::string_view name) {
  return Tokenizer(read_tokenizer_json(std::move(json), name));
}

void Tokenizer::save(const std::filesystem::path& path) const {
  const bool in_directory = std::filesystem::is_directory(path);
  write_file_atomically((in_directory ? path / kFileName : path).string(), pipeline_->json);
  if (!in_directory) return;
  const std::filesystem::path config = path / kConfigFileName;
  if (!std::filesystem::exists(config)) write_file_atomically(config.string(), write_tokenizer_config(*pipeline_));
}

std::int64_t Tokenizer::vocabulary_size() const {
  return static_cast<std::int64_t>(pipeline_->token_bytes.size());
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool special) const {
  return Encoding(*pipeline_, special).run(text);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool special) const {
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string_view bytes = token_bytes(id);
    if (special || !is_special(id)) text += bytes;
  }
  return text;
}

std::string_view Tokenizer::token_bytes(std::int32_t id) const {
  check(id >= 0 && id < vocabulary_size(), "tokenizer: a token id must be from 0 to {}, got {}", vocabulary_size() - 1,
        id);
  return pipeline_->token_bytes[static_cast<std::size_t>(id)];
}

std::int64_t Tokenizer::text_bytes(std::int32_t id) const {
  const std::string_view bytes = token_bytes(id);
  return is_special(id) ? 0 : static_cast<std::int64_t>(bytes.size());
}

bool Tokenizer::is_special(std::int32_t id) const {
  return id >= 0 && id < vocabulary_size() && pipeline_->special[static_cast<std::size_t>(id)];
}

std::int32_t Tokenizer::end_of_text() const {
  return pipeline_->end_of_text;
}

std::int32_t Tokenizer::special_token(std::string_view content) const {
  for (const AddedToken& token : pipeline_->added_tokens.all()) {
    if (token.content == content) return token.id;
  }
  return -1;
}

Tokenizer Tokenizer::with_special_tokens(std::span<const std::string> contents) const {
  std::vector<AddedToken> tokens;
  for (const std::string& content : contents) {
    if (special_token(content) >= 0) continue;
    const auto id = static_cast<std::int32_t>(vocabulary_size() + static_cast<std::int64_t>(tokens.size()));
    tokens.push_back({.id = id, .content = content, .special = true});
  }
  return tokens.empty() ? *this : from_json(add_to_tokenizer_json(json(), tokens));
}

std::int64_t Tokenizer::safe_cut(std::string_view text, std::int64_t at) const {
  bool anywhere = pipeline_->normalizer == nullptr && pipeline_->splitters.empty() && !pipeline_->prefix_space &&
                  pipeline_->model->vocabulary().merges.empty();
  bool before_newline =
      !pipeline_->splitters.empty() && pipeline_->splitters[0]->cuts_before_newline() && !pipeline_->prefix_space;
  for (const AddedToken& token : pipeline_->added_tokens.all()) {
    if (token.special) continue;
    anywhere = false;
    before_newline = before_newline && token.content.find('\n') == std::string::npos;
  }
  const auto size = static_cast<std::int64_t>(text.size());
  if (anywhere) return std::min(at, size);
  return before_newline ? line_cut(text, at) : size;
}

const std::string& Tokenizer::json() const {
  return pipeline_->json;
}

std::uint64_t Tokenizer::fingerprint() const {
  return hash64(pipeline_->json);
}

}  // namespace sequent
