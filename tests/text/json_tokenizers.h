// Small tokenizer.json files for tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sequent/text/tokenizer.h"
#include "tests/support/files.h"

namespace sequent::test {

/// A BPE tokenizer of the characters a to z, space, U+2581 and a few others, without merges, its decoder joining them.
inline nlohmann::json character_tokenizer() {
  nlohmann::json vocab;
  for (const char* character : {"<unk>", " ", "\u2581", "-", ".", "1", "2", "A", "\u00e9", "\n"}) {
    vocab[character] = vocab.size();
  }
  for (char c = 'a'; c <= 'z'; ++c) vocab[std::string(1, c)] = vocab.size();
  return {{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}, {"unk_token", "<unk>"}}},
          {"decoder", {{"type", "Fuse"}}}};
}

/// What such a tokenizer makes of a text and back.
inline std::string through(const nlohmann::json& file, std::string_view text) {
  const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
  return tokenizer.decode(tokenizer.encode(text));
}

/// The error with which a file is refused.
inline std::string refusal_of(const nlohmann::json& file) {
  return error_of([&] { Tokenizer::from_json(file.dump()); });
}

}  // namespace sequent::test
