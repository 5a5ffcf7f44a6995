// Reading the parts of a tokenizer.json: for each kind of part a table from the "type" to what makes it. Private to
// this room.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/text/decoder.h"
#include "sequent/text/replacement.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {

/// The file that is read.
struct TokenizerJson {
  std::string_view name;        // stands in front of errors
  std::int64_t largest_id = 0;  // a file of this size may have: a table by id must not be larger than the file warrants

  std::int32_t checked_id(const nlohmann::json& id) const;
};

std::unique_ptr<Normalizer> read_normalizer(const nlohmann::json& part, const TokenizerJson& file);

/// Appends the splitters of a pre-tokenizer. `byte_level`: the pieces are then bytes for a byte-level model; nothing
/// may come behind that.
void read_pre_tokenizer(const nlohmann::json& part, const TokenizerJson& file,
                        std::vector<std::unique_ptr<Splitter>>& splitters, bool& byte_level);

/// Reads the model and fills `tokens` by id.
std::unique_ptr<Model> read_model(const nlohmann::json& part, const TokenizerJson& file, bool byte_level,
                                  std::vector<std::string>& tokens);

/// Adds what a post-processor puts around a text.
void read_post_processor(const nlohmann::json& part, const TokenizerJson& file, PromptTemplate& prompt);

/// Appends the steps of a decoder.
void read_decoder(const nlohmann::json& part, const TokenizerJson& file, Decoder& decoder);

/// The pattern {"String": ...} or {"Regex": ...} of a part, and its content.
Replacement read_replacement(const nlohmann::json& part, const TokenizerJson& file);

inline bool absent(const nlohmann::json& object, const char* key) {
  return !object.contains(key) || object.at(key).is_null();
}

/// The entry of a table for the "type" of a part. Error "NAME: KIND TYPE is not supported".
template <class Table>
const auto& entry_for(const Table& table, const nlohmann::json& part, const TokenizerJson& file, const char* kind) {
  const std::string type = part.value("type", std::string("(no type)"));
  for (const auto& entry : table) {
    if (entry.type == type) return entry;
  }
  fail("{}: {} {} is not supported", file.name, kind, type);
}

/// A single character of a part.
std::string read_character(const nlohmann::json& part, const char* key, const TokenizerJson& file);

}  // namespace sequent
