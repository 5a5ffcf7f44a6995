#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sequent/base/json.h"
#include "sequent/text/byte_characters.h"
#include "sequent/text/tokenizer_json_parts.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kEndOfText = "<|endoftext|>";
constexpr const char* kFileName = "tokenizer.json";
constexpr std::int64_t kFreeIds = std::int64_t{1} << 17;

/// The added tokens; their ids are those of the model where it has them.
std::vector<AddedToken> read_added_tokens(const Json& json, const TokenizerJson& file,
                                          const std::vector<std::string>& tokens, const Normalizer* normalizer) {
  std::unordered_map<std::string_view, std::int32_t> ids;
  for (std::size_t id = 0; id < tokens.size(); ++id) ids[tokens[id]] = static_cast<std::int32_t>(id);
  std::vector<AddedToken> added;
  for (const Json& entry : json) {
    AddedToken token = {.id = file.checked_id(entry.at("id")),
                        .content = entry.at("content").get<std::string>(),
                        .special = entry.value("special", false),
                        .normalized = entry.value("normalized", false),
                        .left_strip = entry.value("lstrip", false),
                        .right_strip = entry.value("rstrip", false),
                        .single_word = entry.value("single_word", false)};
    check(!token.content.empty(), "{}: an added token must not be empty", file.name);
    if (const auto known = ids.find(token.content); known != ids.end()) token.id = known->second;
    if (token.normalized && normalizer != nullptr) token.pattern = normalizer->normalize(token.content);
    added.push_back(std::move(token));
  }
  // Of two that begin at the same place and are equally long, special ones are found first.
  std::stable_partition(added.begin(), added.end(), [](const AddedToken& token) { return token.special; });
  return added;
}

void read_parts(const Json& json, const TokenizerJson& file, TokenizerPipeline& pipeline) {
  check(json.is_object() && json.contains("model"), "{}: a tokenizer.json must be an object with a \"model\"",
        file.name);
  if (!absent(json, "normalizer")) pipeline.normalizer = read_normalizer(json.at("normalizer"), file);
  bool byte_level = false;
  if (!absent(json, "pre_tokenizer")) {
    read_pre_tokenizer(json.at("pre_tokenizer"), file, pipeline.splitters, byte_level);
  }
  pipeline.model = read_model(json.at("model"), file, byte_level, pipeline.tokens);
  if (!absent(json, "added_tokens")) {
    pipeline.added_tokens =
        AddedTokens(read_added_tokens(json.at("added_tokens"), file, pipeline.tokens, pipeline.normalizer.get()));
  }
  if (!absent(json, "post_processor")) read_post_processor(json.at("post_processor"), file, pipeline.prompt);
  if (absent(json, "decoder")) {
    pipeline.decoder.token_steps.push_back(std::make_unique<SpaceBetweenStep>());
  } else {
    read_decoder(json.at("decoder"), file, pipeline.decoder);
  }
}

nlohmann::ordered_json entry_of(const AddedToken& token) {
  return {{"id", token.id},  {"content", token.content},       {"single_word", false},    {"lstrip", false},
          {"rstrip", false}, {"normalized", token.normalized}, {"special", token.special}};
}

}  // namespace

std::int32_t TokenizerJson::checked_id(const Json& id) const {
  const std::optional<std::int64_t> value = integer_of(id);
  check(value && *value >= 0 && *value <= largest_id, "{}: a token id must be from 0 to {}, got {}", name, largest_id,
        id.dump());
  return static_cast<std::int32_t>(*value);
}

Replacement read_replacement(const Json& part, const TokenizerJson& file) {
  const Json& pattern = part.at("pattern");
  auto content = part.at("content").get<std::string>();
  if (pattern.contains("String")) {
    return Replacement::of_text(pattern.at("String").get<std::string>(), std::move(content));
  }
  return Replacement::of_pattern(pattern.at("Regex").get<std::string>(), std::move(content), file.name);
}

std::string read_character(const Json& part, const char* key, const TokenizerJson& file) {
  auto text = part.at(key).get<std::string>();
  check(!text.empty() && static_cast<std::size_t>(utf8_character(text, 0).length) == text.size(),
        "{}: {} must be one character, got \"{}\"", file.name, key, text);
  return text;
}

std::shared_ptr<TokenizerPipeline> read_tokenizer_json(std::string json, std::string_view name) {
  auto pipeline = std::make_shared<TokenizerPipeline>();
  try {
    read_parts(parse_json(json, name), {.name = name, .largest_id = static_cast<std::int64_t>(json.size()) + kFreeIds},
               *pipeline);
  } catch (const Json::exception& error) {
    fail("{}: not a valid tokenizer.json: {}", name, error.what());
  }
  pipeline->file = std::move(json);
  pipeline->file_name = kFileName;
  pipeline->finish(name);
  return pipeline;
}

std::string write_tokenizer_json(const BpeVocabulary& vocabulary, std::int32_t end_of_text, bool words) {
  using Ordered = nlohmann::ordered_json;
  const auto text_of = [&](std::int32_t id) {
    const std::string& bytes = vocabulary.tokens[static_cast<std::size_t>(id)];
    return id == end_of_text ? std::string(kEndOfText) : bytes_to_characters(bytes);
  };
  // Looking up keys while inserting would be quadratic in an ordered object; building the list is not.
  Ordered::object_t vocab;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    vocab.Ordered::object_t::Container::emplace_back(text_of(static_cast<std::int32_t>(id)), id);
  }
  Ordered merges = Ordered::array();
  for (const auto& [left, right] : vocabulary.merges) merges.push_back(text_of(left) + " " + text_of(right));
  const auto byte_level = [&](bool prefix_space) {
    return Ordered{
        {"type", "ByteLevel"}, {"add_prefix_space", prefix_space}, {"trim_offsets", true}, {"use_regex", words}};
  };
  Ordered file = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}};
  file["added_tokens"] =
      Ordered::array({entry_of({.id = end_of_text, .content = std::string(kEndOfText), .special = true})});
  file["normalizer"] = nullptr;
  file["pre_tokenizer"] = byte_level(false);
  file["post_processor"] = nullptr;
  file["decoder"] = byte_level(false);
  file["model"] = {{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr},
                   {"end_of_word_suffix", nullptr},
                   {"fuse_unk", false},
                   {"byte_fallback", false},
                   {"ignore_merges", false}};
  file["model"]["vocab"] = std::move(vocab);
  file["model"]["merges"] = std::move(merges);
  return file.dump(1) + "\n";
}

std::string add_to_tokenizer_json(const std::string& json, std::span<const AddedToken> tokens) {
  nlohmann::ordered_json file = nlohmann::ordered_json::parse(json);
  for (const AddedToken& token : tokens) file["added_tokens"].push_back(entry_of(token));
  return file.dump(1) + "\n";
}

}  // namespace sequent
