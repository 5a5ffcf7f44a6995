// Text to token ids and back. A tokenizer is a pipeline (added tokens, normalizer, pre-tokenizer, model, decoder), and
// its file is the tokenizer.json of Hugging Face, so that a model trained here opens elsewhere and the reverse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sequent {

struct TokenizerPipeline;

/// A value: copies share one immutable pipeline. All functions may be called from several threads at once.
class Tokenizer {
 public:
  /// A token for every byte (its id is the byte) and "<|endoftext|>", 256.
  static Tokenizer bytes();

  /// A tokenizer.json, or a directory with one in it. Supported: byte-level BPE (GPT-2, GPT-NeoX, Llama 3 and what is
  /// trained here); anything else is an Error that names what is not supported.
  static Tokenizer load(const std::filesystem::path& path);

  /// The content of a tokenizer.json; `name` stands in front of errors.
  static Tokenizer from_json(std::string json, std::string_view name = "tokenizer.json");

  /// Writes the tokenizer.json: `path` itself, or in it if it is a directory. A loaded file is written as it was read.
  /// In a directory without a tokenizer_config.json that is written as well, so that Transformers opens the tokenizer.
  void save(const std::filesystem::path& path) const;

  /// One more than the largest id.
  std::int64_t vocabulary_size() const;

  /// Special tokens are marks of the format: "<|endoftext|>" in a text is text, unless `special` asks for its id.
  /// Any bytes may be given. The bytes of invalid UTF-8 count as characters that are neither letters, digits nor space;
  /// none is lost: decode(encode(text)) == text unless the file asks for a normalizer or a prefix space.
  /// Error if the vocabulary has no token for a byte of the text (only incomplete vocabularies).
  std::vector<std::int32_t> encode(std::string_view text, bool special = false) const;

  /// The bytes of the tokens, one after the other; special tokens are left out unless `special`.
  /// An id outside the vocabulary is an Error.
  std::string decode(std::span<const std::int32_t> ids, bool special = false) const;

  /// The bytes that decode() gives for one token when special tokens are shown.
  std::string_view token_bytes(std::int32_t id) const;

  /// Number of bytes of text that a token represents: 0 for a special token.
  std::int64_t text_bytes(std::int32_t id) const;

  bool is_special(std::int32_t id) const;

  /// Id of the special token that separates documents ("<|endoftext|>", "<|end_of_text|>", "</s>"), or -1.
  std::int32_t end_of_text() const;

  /// Id of the added token with this content, or -1.
  std::int32_t special_token(std::string_view content) const;

  /// This tokenizer with further special tokens, whose ids follow on the largest; those it has already are not added.
  Tokenizer with_special_tokens(std::span<const std::string> contents) const;

  /// The first position from `at` on where `text` can be cut so that the parts, encoded on their own, give the same
  /// ids; text.size() if there is none.
  std::int64_t safe_cut(std::string_view text, std::int64_t at) const;

  /// The content of the tokenizer.json.
  const std::string& json() const;

  /// Hash of json(): two tokenizers with the same fingerprint give the same ids.
  std::uint64_t fingerprint() const;

 private:
  explicit Tokenizer(std::shared_ptr<const TokenizerPipeline> pipeline) : pipeline_(std::move(pipeline)) {}

  std::shared_ptr<const TokenizerPipeline> pipeline_;
};

}  // namespace sequent
