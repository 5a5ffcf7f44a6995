#include "sequent/infer/gguf_tokenizer.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/checkpoint/gguf.h"
#include "sequent/infer/gguf_sentence_piece.h"
#include "sequent/infer/gguf_tokenizer_config.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kWholeKey = "tokenizer.huggingface.json";
// Of our own: the model of SentencePiece where that is the tokenizer's file.
constexpr std::string_view kSentencePieceKey = "tokenizer.sentencepiece.model";
// Kinds of tokens.
constexpr std::int32_t kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5;

// Pre-tokenizers of byte-level BPE: the names in GGUF files, the one to write first among equals, and the pattern of
// tokenizer.json; none is that of GPT-2, which ByteLevel brings along.
struct PreTokenizer {
  std::string_view name;
  std::string_view pattern;
  bool whole_words_first = false;  // ignore_merges
};
constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::array<PreTokenizer, 7> kPreTokenizers = {{{"gpt-2", ""},
                                                         {"mpt", ""},
                                                         {"olmo", ""},
                                                         {"llama-bpe", kLlama3Pattern, true},
                                                         {"llama3", kLlama3Pattern, true},
                                                         {"llama-v3", kLlama3Pattern, true},
                                                         {"qwen2", kQwen2Pattern}}};

// The pattern that a tokenizer.json cuts texts with; nothing if it does more than ByteLevel after one Split.
std::optional<std::string> pattern_of(const Json& file) {
  if (!file.contains("pre_tokenizer") || !file["pre_tokenizer"].is_object()) return std::nullopt;
  const Json& part = file["pre_tokenizer"];
  const auto is_byte_level = [](const Json& p, bool with_regex) {
    return p.value("type", "") == "ByteLevel" && p.value("use_regex", true) == with_regex &&
           !p.value("add_prefix_space", true);
  };
  if (is_byte_level(part, true)) return "";
  // Without merges no token is longer than a byte, wherever a text is cut.
  if (is_byte_level(part, false) && file["model"].value("merges", Json::array()).empty()) return "";
  if (part.value("type", "") != "Sequence" || part.value("pretokenizers", Json::array()).size() != 2) {
    return std::nullopt;
  }
  const Json& split = part["pretokenizers"][0];
  if (!is_byte_level(part["pretokenizers"][1], false) || split.value("type", "") != "Split" ||
      split.value("behavior", "") != "Isolated" || split.value("invert", false) ||
      !split.value("pattern", Json::object()).contains("Regex")) {
    return std::nullopt;
  }
  return split["pattern"]["Regex"].get<std::string>();
}

const PreTokenizer* pre_tokenizer_of(const Json& file) {
  const std::optional<std::string> pattern = pattern_of(file);
  if (!pattern || file["model"].value("type", "BPE") != "BPE" || file["model"].value("byte_fallback", false)) {
    return nullptr;
  }
  for (const PreTokenizer& known : kPreTokenizers) {
    if (known.pattern == *pattern && known.whole_words_first == file["model"].value("ignore_merges", false)) {
      return &known;
    }
  }
  return nullptr;
}

struct Lists {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;

  void set(std::int64_t id, std::string token, std::int32_t type) {
    if (id < 0 || id >= static_cast<std::int64_t>(tokens.size())) return;
    tokens[static_cast<std::size_t>(id)] = std::move(token);
    types[static_cast<std::size_t>(id)] = type;
  }
};

// One entry for each row of the embedding: rows beyond the tokenizer stand for nothing.
Lists lists_of(const Json& file, std::int64_t vocabulary) {
  Lists lists = {std::vector<std::string>(static_cast<std::size_t>(vocabulary)),
                 std::vector<std::int32_t>(static_cast<std::size_t>(vocabulary), kUnused)};
  for (std::int64_t id = 0; id < vocabulary; ++id) lists.set(id, fmt::format("[PAD{}]", id), kUnused);
  for (const auto& [token, id] : file["model"]["vocab"].items()) lists.set(id.get<std::int64_t>(), token, kNormal);
  for (const Json& added : file.value("added_tokens", Json::array())) {
    lists.set(added["id"].get<std::int64_t>(), added["content"].get<std::string>(),
              added.value("special", false) ? kControl : kUserDefined);
  }
  return lists;
}

std::vector<std::string> merges_of(const Json& file) {
  std::vector<std::string> merges;
  for (const Json& merge : file["model"]["merges"]) {
    merges.push_back(merge.is_array() ? merge[0].get<std::string>() + " " + merge[1].get<std::string>()
                                      : merge.get<std::string>());
  }
  return merges;
}

Json byte_level(bool with_regex) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", with_regex}};
}

Json pre_tokenizer_json(const PreTokenizer& known) {
  if (known.pattern.empty()) return byte_level(true);
  const Json split = {
      {"type", "Split"}, {"pattern", {{"Regex", known.pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
  return {{"type", "Sequence"}, {"pretokenizers", {split, byte_level(false)}}};
}

const PreTokenizer& known_pre_tokenizer(const GgufMetadata& metadata) {
  constexpr std::string_view kKey = "tokenizer.ggml.pre";
  const std::string_view name = metadata.text_or(kKey, "default");
  std::string known;
  for (const PreTokenizer& each : kPreTokenizers) {
    if (each.name == name) return each;
    known += (known.empty() ? "" : ", ") + std::string(each.name);
  }
  fail("{}: {} '{}' is not supported; known are {}", metadata.path(), kKey, name, known);
}

std::string json_of_lists(const GgufMetadata& metadata) {
  const std::string_view model = metadata.text("tokenizer.ggml.model");
  check(model == "gpt2",
        "{}: tokenizer.ggml.model '{}' is not supported, only gpt2 (byte-level BPE), llama and t5 (SentencePiece)",
        metadata.path(), model);
  const PreTokenizer& pre = known_pre_tokenizer(metadata);
  const std::vector<std::string_view> tokens = metadata.texts("tokenizer.ggml.tokens");
  std::vector<std::int64_t> types(tokens.size(), kNormal);
  if (metadata.contains("tokenizer.ggml.token_type")) types = metadata.integers("tokenizer.ggml.token_type");
  check(types.size() == tokens.size(), "{}: there must be a tokenizer.ggml.token_type for each of {} tokens, got {}",
        metadata.path(), tokens.size(), types.size());
  Json vocabulary = Json::object(), added = Json::array();
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (types[id] == kControl || types[id] == kUserDefined) {
      added.push_back({{"id", id},
                       {"content", tokens[id]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", types[id] == kControl}});
    } else if (types[id] != kUnused) {
      vocabulary.emplace(std::string(tokens[id]), id);
    }
  }
  Json file = {{"version", "1.0"},          {"added_tokens", added},
               {"normalizer", nullptr},     {"pre_tokenizer", pre_tokenizer_json(pre)},
               {"post_processor", nullptr}, {"decoder", byte_level(true)}};
  file["model"] = {{"type", "BPE"},
                   {"ignore_merges", pre.whole_words_first},
                   {"vocab", std::move(vocabulary)},
                   {"merges", metadata.texts("tokenizer.ggml.merges")}};
  return file.dump(1, ' ', false, Json::error_handler_t::replace);
}

GgufValues byte_level_values(const Json& file, const PreTokenizer& pre, std::int64_t vocabulary) {
  Lists lists = lists_of(file, vocabulary);
  return {{"tokenizer.ggml.model", std::string("gpt2")},
          {"tokenizer.ggml.pre", std::string(pre.name)},
          {"tokenizer.ggml.tokens", std::move(lists.tokens)},
          {"tokenizer.ggml.token_type", std::move(lists.types)},
          {"tokenizer.ggml.merges", merges_of(file)}};
}

// The lists that llama.cpp works with; where there are none for this tokenizer, it gets none rather than wrong ones.
GgufValues lists_of(const Tokenizer& tokenizer, std::int64_t vocabulary) {
  if (tokenizer.file_name() != "tokenizer.json") {
    return gguf_values_of(read_sentence_piece_file(tokenizer.file(), tokenizer.file_name()), vocabulary);
  }
  const Json file = parse_json(tokenizer.file(), "tokenizer.json");
  if (const PreTokenizer* pre = pre_tokenizer_of(file)) return byte_level_values(file, *pre, vocabulary);
  if (const auto pieces = sentence_piece_of(file)) return gguf_values_of(*pieces, vocabulary);
  return {{"tokenizer.ggml.model", std::string("no_vocab")}};
}

// The tokenizer alone, without what is around a prompt.
Tokenizer tokenizer_in(const GgufMetadata& metadata) {
  const std::string name = metadata.path() + ": tokenizer";
  if (metadata.contains(kWholeKey)) return Tokenizer::from_json(std::string(metadata.text(kWholeKey)), name);
  if (metadata.contains(kSentencePieceKey)) {
    std::string model;
    for (const std::int64_t byte : metadata.integers(kSentencePieceKey)) model += static_cast<char>(byte);
    return Tokenizer::from_sentence_piece(std::move(model), name);
  }
  const std::string_view model = metadata.text("tokenizer.ggml.model");
  if (model == "llama" || model == "t5") {
    return Tokenizer::from_sentence_piece(write_sentence_piece_file(sentence_piece_of(metadata)), name);
  }
  return Tokenizer::from_json(json_of_lists(metadata), name);
}

}  // namespace

GgufValues gguf_tokenizer_values(const Tokenizer& tokenizer, std::int64_t vocabulary) {
  GgufValues values = lists_of(tokenizer, vocabulary);
  const std::string& file = tokenizer.file();
  if (tokenizer.file_name() == "tokenizer.json") {
    values.emplace_back(kWholeKey, file);
  } else {
    values.emplace_back(kSentencePieceKey, std::vector<std::uint8_t>(file.begin(), file.end()));
  }
  const GgufValues prompt = prompt_values_of(tokenizer);
  values.insert(values.end(), prompt.begin(), prompt.end());
  return values;
}

Tokenizer read_gguf_tokenizer(const std::filesystem::path& file) {
  const GgufMetadata metadata = read_gguf_metadata(file.string());
  const Tokenizer tokenizer = tokenizer_in(metadata);
  const std::string config = tokenizer_config_of(metadata, tokenizer);
  return config.empty() ? tokenizer : tokenizer.with_config(config, file.string());
}

}  // namespace sequent
