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
#include "sequent/text/normalizer.h"
#include "sequent/text/splitter.h"

namespace sequent {

struct TokenizerPipeline {
  std::string json;
  AddedTokens added_tokens;
  std::unique_ptr<Normalizer> normalizer;            // nullptr: none
  bool prefix_space = false;                         // a text that does not begin with a space gets one
  std::vector<std::unique_ptr<Splitter>> splitters;  // each cuts the pieces of the one before
  std::unique_ptr<BpeModel> model;

  std::vector<std::string> token_bytes;  // by id, added tokens included
  std::vector<bool> special;             // by id
  std::int32_t end_of_text = -1;

  // Working memory not in use, so that its cache of pieces serves the next text as well.
  mutable std::mutex scratch_mutex;
  mutable std::vector<std::unique_ptr<BpeScratch>> free_scratch;
};

/// Reads a tokenizer.json. Errors begin with `name`.
std::shared_ptr<const TokenizerPipeline> read_tokenizer_json(std::string json, std::string_view name);

/// Writes the tokenizer.json of a byte-level BPE tokenizer whose only added token is "<|endoftext|>".
/// `vocabulary` has its bytes at end_of_text. `words`: texts are first cut into words by the pattern of GPT-2.
std::string write_tokenizer_json(const BpeVocabulary& vocabulary, std::int32_t end_of_text, bool words);

/// The same tokenizer.json with further added tokens.
std::string add_to_tokenizer_json(const std::string& json, std::span<const AddedToken> tokens);

/// Writes the tokenizer_config.json: which token begins and ends a text, and that decoding changes nothing.
std::string write_tokenizer_config(const TokenizerPipeline& pipeline);

}  // namespace sequent
