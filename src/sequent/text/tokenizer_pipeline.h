// The parts of a tokenizer, in the order in which a text passes through them. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/text/added_tokens.h"
#include "sequent/text/bpe_model.h"
#include "sequent/text/decoder.h"
#include "sequent/text/model.h"
#include "sequent/text/normalizer.h"
#include "sequent/text/splitter.h"

namespace sequent {

/// The tokens that are put around a prompt.
struct PromptTemplate {
  std::vector<std::int32_t> begin, end;
};

struct TokenizerPipeline {
  std::string file;       // its content
  std::string file_name;  // under which it is saved
  std::string config;     // the tokenizer_config.json beside it; empty: none

  AddedTokens added_tokens;
  std::unique_ptr<Normalizer> normalizer;            // nullptr: none
  std::vector<std::unique_ptr<Splitter>> splitters;  // each cuts the pieces of the one before
  std::unique_ptr<Model> model;
  PromptTemplate prompt;
  Decoder decoder;

  std::vector<std::string> tokens;       // by id, as they stand in the file; added tokens included
  std::vector<std::string> token_bytes;  // by id, as they are decoded when they are not the first
  std::vector<bool> special;             // by id
  std::int32_t end_of_text = -1;
  std::string begin_token, end_token;  // of the configuration: what begins and ends a text; empty: nothing

  bool cuts_anywhere = false;        // a text may be cut anywhere and its parts be encoded on their own,
  bool cuts_before_newline = false;  // or between a letter of ASCII and a newline

  // Working memory not in use, so that its cache of pieces serves the next text as well.
  mutable std::mutex scratch_mutex;
  mutable std::vector<std::unique_ptr<ModelScratch>> free_scratch;

  /// What a token gives in decoding; `first`: when the text begins with it.
  std::string text_of(std::int32_t id, bool first) const;

  /// Id of the token with this content, or -1.
  std::int32_t id_of(std::string_view content) const;

  /// Fills token_bytes, special and end_of_text from `tokens`, the added tokens and the decoder, and whether texts can
  /// be cut. `name` stands in front of errors.
  void finish(std::string_view name);
};

/// Reads a tokenizer.json. Errors begin with `name`.
std::shared_ptr<TokenizerPipeline> read_tokenizer_json(std::string json, std::string_view name);

/// Takes from a tokenizer_config.json what it says about the tokens of a text's begin and end. Errors begin with
/// `name`.
void apply_tokenizer_config(TokenizerPipeline& pipeline, std::string config, std::string_view name);

/// Writes the tokenizer.json of a byte-level BPE tokenizer whose only added token is "<|endoftext|>".
/// `vocabulary` has its bytes at end_of_text. `words`: texts are first cut into words by the pattern of GPT-2.
std::string write_tokenizer_json(const BpeVocabulary& vocabulary, std::int32_t end_of_text, bool words);

/// The same tokenizer.json with further added tokens.
std::string add_to_tokenizer_json(const std::string& json, std::span<const AddedToken> tokens);

/// Writes the tokenizer_config.json: which token begins and ends a text, and that decoding changes nothing.
std::string write_tokenizer_config(const TokenizerPipeline& pipeline);

}  // namespace sequent
