// Text to token ids and back. A tokenizer is a pipeline (added tokens, normalizer, pre-tokenizer, model, decoder), and
// its file is the tokenizer.json of Hugging Face or the model of SentencePiece, so that a model trained here opens
// elsewhere and the reverse.
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

  /// A directory with a tokenizer.json or, where there is none, a model of SentencePiece ("spiece.model",
  /// "tokenizer.model"), and what its tokenizer_config.json says about begin and end of a text; or one such file alone.
  /// Supported are byte-level BPE (GPT-2, GPT-NeoX, Llama 3 and what is trained here), BPE of characters with byte
  /// fallback (Llama 2, Mistral, Jamba) and unigram models (T5, Switch); anything else is an Error that names what is
  /// not supported.
  static Tokenizer load(const std::filesystem::path& path);

  /// Whether load() finds a tokenizer in this directory.
  static bool is_in(const std::filesystem::path& directory);

  /// The content of a tokenizer.json; `name` stands in front of errors.
  static Tokenizer from_json(std::string json, std::string_view name = "tokenizer.json");

  /// The content of a model of SentencePiece, as write_sentence_piece_file() makes it as well.
  static Tokenizer from_sentence_piece(std::string file, std::string_view name = "tokenizer.model");

  /// Writes the tokenizer's file: `path` itself, or in it if it is a directory, under the name of its kind. A loaded
  /// file is written as it was read. In a directory without a tokenizer_config.json that is written as well, so that
  /// Transformers opens the tokenizer.
  void save(const std::filesystem::path& path) const;

  /// One more than the largest id.
  std::int64_t vocabulary_size() const;

  /// Special tokens are marks of the format: "<|endoftext|>" in a text is text, unless `special` asks for its id.
  /// Any bytes may be given. The bytes of invalid UTF-8 count as characters that are neither letters, digits nor space;
  /// none is lost in byte-level tokenizers: decode(encode(text)) == text unless the file asks for a normalizer or a
  /// prefix space. Others spell them where they have byte fallback; what they do not know is their unknown token.
  /// Error if the vocabulary has no token for a part of the text and no unknown token (only incomplete vocabularies).
  ///
  /// Nothing is put around the text: this is how corpora are read.
  std::vector<std::int32_t> encode(std::string_view text, bool special = false) const;

  /// The same with the tokens that the model expects around a prompt: begin-of-text for those like Llama, "</s>" behind
  /// for T5, nothing for most others. A text that begins with the token that would be put in front (a rendered chat
  /// template, with `special`) does not get it twice.
  std::vector<std::int32_t> encode_prompt(std::string_view text, bool special = false) const;

  /// The text of the tokens; special tokens are left out unless `special`. Bytes that are no valid UTF-8 are given as
  /// they are; valid_utf8() replaces them. An id outside the vocabulary is an Error.
  std::string decode(std::span<const std::int32_t> ids, bool special = false) const;

  /// The bytes that decode() gives for one token, not the first of a text, when special tokens are shown.
  std::string_view token_bytes(std::int32_t id) const;

  /// Number of bytes of text that a token represents: 0 for a special token.
  std::int64_t text_bytes(std::int32_t id) const;

  bool is_special(std::int32_t id) const;

  /// Id of the special token that ends a text ("<|endoftext|>", "<|end_of_text|>", "</s>", or the eos_token of the
  /// configuration), or -1.
  std::int32_t end_of_text() const;

  /// Id of the token with which a document begins in a corpus: what encode_prompt() puts in front, or end_of_text().
  std::int32_t begin_of_text() const;

  /// The bos_token and eos_token of the configuration, as chat templates name them; empty: there is none.
  const std::string& begin_token() const;
  const std::string& end_token() const;

  /// Id of the added token with this content, or -1.
  std::int32_t special_token(std::string_view content) const;

  /// This tokenizer with further special tokens, whose ids follow on the largest; those it has already are not added.
  Tokenizer with_special_tokens(std::span<const std::string> contents) const;

  /// The first position from `at` on where `text` can be cut so that the parts, encoded on their own, give the same
  /// ids; text.size() if there is none.
  std::int64_t safe_cut(std::string_view text, std::int64_t at) const;

  /// This tokenizer with what a tokenizer_config.json says; `name` stands in front of errors.
  Tokenizer with_config(std::string config, std::string_view name = "tokenizer_config.json") const;

  /// The content of its file, and the name under which it is saved in a directory.
  const std::string& file() const;
  const std::string& file_name() const;
  /// The content of the tokenizer_config.json beside it; empty: there was none.
  const std::string& config() const;

  /// Hash of what determines ids: two tokenizers with the same fingerprint give the same.
  std::uint64_t fingerprint() const;

 private:
  friend class StreamDecoder;

  explicit Tokenizer(std::shared_ptr<const TokenizerPipeline> pipeline) : pipeline_(std::move(pipeline)) {}

  void check_id(std::int32_t id) const;

  std::shared_ptr<const TokenizerPipeline> pipeline_;
};

}  // namespace sequent
