#include "sequent/text/tokenizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "sequent/base/word_hash.h"
#include "sequent/text/line_cut.h"
#include "sequent/text/sentence_piece_pipeline.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {
namespace {

/// In the order in which they are looked for.
constexpr std::array<const char*, 3> kFileNames = {"tokenizer.json", "spiece.model", "tokenizer.model"};
constexpr const char* kConfigFileName = "tokenizer_config.json";

/// The tokenizer in a directory; empty if there is none.
std::filesystem::path file_in(const std::filesystem::path& directory) {
  for (const char* name : kFileNames) {
    if (std::filesystem::exists(directory / name)) return directory / name;
  }
  return {};
}

/// `file_name`: one of kFileNames.
std::shared_ptr<TokenizerPipeline> read_content(std::string content, const std::string& file_name,
                                                std::string_view name) {
  return file_name == kFileNames[0] ? read_tokenizer_json(std::move(content), name)
                                    : read_sentence_piece_tokenizer(std::move(content), file_name, name);
}

std::shared_ptr<TokenizerPipeline> read(const std::filesystem::path& file) {
  std::string content = read_text(file.string());
  const bool json = file.extension() == ".json" || content.starts_with('{');
  const char* file_name = json ? kFileNames[0] : file.filename() == kFileNames[1] ? kFileNames[1] : kFileNames[2];
  return read_content(std::move(content), file_name, file.string());
}

/// Working memory borrowed from a pipeline.
class BorrowedScratch {
 public:
  explicit BorrowedScratch(const TokenizerPipeline& pipeline) : pipeline_(pipeline) {
    const std::lock_guard lock(pipeline.scratch_mutex);
    if (pipeline.free_scratch.empty()) {
      scratch_ = std::make_unique<ModelScratch>();
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

  ModelScratch& operator*() { return *scratch_; }

 private:
  const TokenizerPipeline& pipeline_;
  std::unique_ptr<ModelScratch> scratch_;
};

/// One text on its way through a pipeline.
class Encoding {
 public:
  Encoding(const TokenizerPipeline& pipeline, bool special)
      : pipeline_(pipeline), scratch_(pipeline), special_(special) {}

  std::vector<std::int32_t> run(std::string_view text) {
    const char* begin = text.data();
    pipeline_.added_tokens.split(
        text, false, special_,
        [&](std::string_view plain) {
          normalize({plain, plain.data() == begin});
        },
        [&](std::int32_t id) { add(id); });
    return std::move(ids_);
  }

 private:
  void add(std::int32_t id) { ids_.push_back(id); }

  void normalize(Piece text) {
    if (pipeline_.normalizer == nullptr) return split_added(text);
    bool first = text.first;
    const std::string normalized = pipeline_.normalizer->normalize(text.text, first);
    split_added({normalized, first});
  }

  void split_added(Piece text) {
    const char* begin = text.text.data();
    pipeline_.added_tokens.split(
        text.text, true, special_,
        [&](std::string_view plain) {
          split({plain, text.first && plain.data() == begin}, 0);
        },
        [&](std::int32_t id) { add(id); });
  }

  void split(Piece text, std::size_t depth) {
    if (depth == pipeline_.splitters.size()) return pipeline_.model->encode(text.text, ids_, *scratch_);
    pipeline_.splitters[depth]->split(text, [&](Piece piece) { split(piece, depth + 1); });
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

bool Tokenizer::is_in(const std::filesystem::path& directory) {
  return !file_in(directory).empty();
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return Tokenizer(read(path));
  const std::filesystem::path file = file_in(path);
  check(!file.empty(), "{}: there must be a tokenizer: {}", path.string(), fmt::join(kFileNames, ", "));
  const std::shared_ptr<TokenizerPipeline> pipeline = read(file);
  if (const auto config = path / kConfigFileName; std::filesystem::exists(config)) {
    apply_tokenizer_config(*pipeline, read_text(config.string()), config.string());
  }
  return Tokenizer(pipeline);
}

Tokenizer Tokenizer::from_json(std::string json, std::string_view name) {
  return Tokenizer(read_tokenizer_json(std::move(json), name));
}

Tokenizer Tokenizer::from_sentence_piece(std::string file, std::string_view name) {
  return Tokenizer(read_sentence_piece_tokenizer(std::move(file), kFileNames[2], name));
}

Tokenizer Tokenizer::with_config(std::string config, std::string_view name) const {
  const std::shared_ptr<TokenizerPipeline> pipeline =
      read_content(pipeline_->file, pipeline_->file_name, pipeline_->file_name);
  apply_tokenizer_config(*pipeline, std::move(config), name);
  return Tokenizer(pipeline);
}

void Tokenizer::save(const std::filesystem::path& path) const {
  const bool in_directory = std::filesystem::is_directory(path);
  write_file_atomically((in_directory ? path / pipeline_->file_name : path).string(), pipeline_->file);
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

std::vector<std::int32_t> Tokenizer::encode_prompt(std::string_view text, bool special) const {
  std::vector<std::int32_t> ids = encode(text, special);
  const auto& [begin, end] = pipeline_->prompt;
  const bool begins = ids.size() >= begin.size() && std::equal(begin.begin(), begin.end(), ids.begin());
  if (!begins) ids.insert(ids.begin(), begin.begin(), begin.end());
  ids.insert(ids.end(), end.begin(), end.end());
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool special) const {
  std::string text;
  DecoderRun run(pipeline_->decoder);
  for (const std::int32_t id : ids) {
    check_id(id);
    if (is_special(id) && !special) continue;
    text += run.first() ? run.push(pipeline_->text_of(id, true)) : run.push(token_bytes(id));
  }
  return text += run.finish();
}

void Tokenizer::check_id(std::int32_t id) const {
  check(id >= 0 && id < vocabulary_size(), "tokenizer: a token id must be from 0 to {}, got {}", vocabulary_size() - 1,
        id);
}

std::string_view Tokenizer::token_bytes(std::int32_t id) const {
  check_id(id);
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

std::int32_t Tokenizer::begin_of_text() const {
  const std::vector<std::int32_t>& begin = pipeline_->prompt.begin;
  return begin.size() == 1 ? begin[0] : end_of_text();
}

const std::string& Tokenizer::begin_token() const {
  return pipeline_->begin_token;
}

const std::string& Tokenizer::end_token() const {
  return pipeline_->end_token;
}

Tokenizer Tokenizer::with_special_tokens(std::span<const std::string> contents) const {
  std::vector<AddedToken> tokens;
  for (const std::string& content : contents) {
    if (special_token(content) >= 0) continue;
    const auto id = static_cast<std::int32_t>(vocabulary_size() + static_cast<std::int64_t>(tokens.size()));
    tokens.push_back({.id = id, .content = content, .special = true});
  }
  if (tokens.empty()) return *this;
  const std::string& name = pipeline_->file_name;
  std::string content = pipeline_->file;
  if (name == kFileNames[0]) {
    content = add_to_tokenizer_json(content, tokens);
  } else {
    for (const AddedToken& token : tokens) {
      content += write_piece({.text = token.content, .score = 0, .type = SentencePieceModel::Type::control});
    }
  }
  const std::shared_ptr<TokenizerPipeline> pipeline = read_content(std::move(content), name, name);
  if (!pipeline_->config.empty()) apply_tokenizer_config(*pipeline, pipeline_->config, kConfigFileName);
  return Tokenizer(pipeline);
}

std::int64_t Tokenizer::safe_cut(std::string_view text, std::int64_t at) const {
  const auto size = static_cast<std::int64_t>(text.size());
  if (pipeline_->cuts_anywhere) return std::min(at, size);
  return pipeline_->cuts_before_newline ? line_cut(text, at) : size;
}

const std::string& Tokenizer::file() const {
  return pipeline_->file;
}

const std::string& Tokenizer::config() const {
  return pipeline_->config;
}

const std::string& Tokenizer::file_name() const {
  return pipeline_->file_name;
}

std::uint64_t Tokenizer::fingerprint() const {
  std::uint64_t hash = hash64(pipeline_->file);
  const auto add = [&](std::int32_t id) { hash = mix_bits(hash ^ static_cast<std::uint32_t>(id)); };
  add(end_of_text());
  for (const std::int32_t id : pipeline_->prompt.begin) add(id);
  add(-1);
  for (const std::int32_t id : pipeline_->prompt.end) add(id);
  return hash;
}

}  // namespace sequent
