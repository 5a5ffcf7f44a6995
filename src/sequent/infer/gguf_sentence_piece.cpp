#include "sequent/infer/gguf_sentence_piece.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/byte_pieces.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Kind = SentencePieceModel::Kind;
using Type = SentencePieceModel::Type;

constexpr std::string_view kModel = "tokenizer.ggml.model";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kScores = "tokenizer.ggml.scores";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
constexpr std::string_view kSpacePrefix = "tokenizer.ggml.add_space_prefix";
constexpr std::string_view kRemoveSpaces = "tokenizer.ggml.remove_extra_whitespaces";
constexpr std::string_view kCharsmap = "tokenizer.ggml.precompiled_charsmap";
constexpr std::string_view kSpace = "\u2581";

// Whether every text gets a space in front; nothing if the normalizer and the pre-tokenizer do anything else.
std::optional<bool> space_prefix_of(const Json& file) {
  const Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpace}};
  const Json prepend = {{"type", "Prepend"}, {"prepend", kSpace}};
  const Json normalizer = file.value("normalizer", Json()), splitter = file.value("pre_tokenizer", Json());
  if (splitter.is_null()) {
    if (normalizer == replace) return false;
    if (normalizer == Json{{"type", "Sequence"}, {"normalizers", {prepend, replace}}}) return true;
    return std::nullopt;
  }
  if (!normalizer.is_null() || splitter.value("type", "") != "Metaspace" ||
      splitter.value("replacement", "") != kSpace || splitter.value("split", true)) {
    return std::nullopt;
  }
  const std::string scheme = splitter.value("prepend_scheme", "always");
  if (scheme != "always" && scheme != "never") return std::nullopt;
  return scheme == "always";
}

using Ids = std::unordered_map<std::string, std::size_t>;

// The rank of the first merge that makes a piece, in order. Nothing if there are two pieces that make one and no merge
// of them: SentencePiece would merge them.
bool score_by_merges(const Json& merges, const Ids& ids, SentencePieceModel& model) {
  std::set<std::pair<std::string, std::string>> known;
  const auto lowest = -static_cast<float>(merges.size());
  for (SentencePieceModel::Entry& piece : model.pieces) piece.score = piece.type == Type::normal ? lowest : 0;
  float rank = 0;
  for (const Json& merge : merges) {
    std::pair<std::string, std::string> parts;
    if (merge.is_array()) {
      parts = {merge[0].get<std::string>(), merge[1].get<std::string>()};
    } else {
      const std::string text = merge.get<std::string>();
      const std::size_t space = text.find(' ');
      parts = {text.substr(0, space), text.substr(space + 1)};
    }
    const auto found = ids.find(parts.first + parts.second);
    if (found == ids.end()) return false;
    float& score = model.pieces[found->second].score;
    score = std::max(score, rank);
    known.insert(std::move(parts));
    rank -= 1;
  }
  for (const SentencePieceModel::Entry& piece : model.pieces) {
    if (piece.type != Type::normal) continue;
    for (std::size_t cut = 1; cut < piece.text.size(); ++cut) {
      std::pair<std::string, std::string> parts = {piece.text.substr(0, cut), piece.text.substr(cut)};
      if (ids.contains(parts.first) && ids.contains(parts.second) && !known.contains(parts)) return false;
    }
  }
  return true;
}

}  // namespace

GgufValues gguf_values_of(const SentencePieceModel& model, std::int64_t vocabulary) {
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;
  const auto add = [&](std::string text, float score, Type type) {
    tokens.push_back(std::move(text));
    scores.push_back(score);
    types.push_back(static_cast<std::int32_t>(type));
  };
  for (const SentencePieceModel::Entry& piece : model.pieces) add(piece.text, piece.score, piece.type);
  for (auto id = static_cast<std::int64_t>(tokens.size()); id < vocabulary; ++id) {
    add(fmt::format("[PAD{}]", id), 0, Type::unused);
  }
  GgufValues values = {{std::string(kModel), std::string(model.kind == Kind::bpe ? "llama" : "t5")},
                       {"tokenizer.ggml.pre", std::string("default")},
                       {std::string(kTokens), std::move(tokens)},
                       {std::string(kScores), std::move(scores)},
                       {std::string(kTypes), std::move(types)},
                       {std::string(kSpacePrefix), model.add_dummy_prefix},
                       {std::string(kRemoveSpaces), model.remove_extra_whitespaces}};
  if (!model.charsmap.empty()) {
    values.emplace_back(kCharsmap, std::vector<std::uint8_t>(model.charsmap.begin(), model.charsmap.end()));
  }
  return values;
}

SentencePieceModel sentence_piece_of(const GgufMetadata& metadata) {
  SentencePieceModel model;
  model.kind = metadata.text(kModel) == "llama" ? Kind::bpe : Kind::unigram;
  const auto tokens = metadata.texts(kTokens);
  const auto scores = metadata.numbers(kScores);
  const auto types = metadata.integers(kTypes);
  check(scores.size() == tokens.size() && types.size() == tokens.size(),
        "{}: there must be a score and a type for each of {} tokens, got {} and {}", metadata.path(), tokens.size(),
        scores.size(), types.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    check(types[id] >= 1 && types[id] <= 6, "{}: {} must be from 1 to 6, got {} for token {}", metadata.path(), kTypes,
          types[id], id);
    model.pieces.push_back({.text = std::string(tokens[id]),
                            .score = static_cast<float>(scores[id]),
                            .type = static_cast<Type>(types[id])});
    model.byte_fallback = model.byte_fallback || model.pieces.back().type == Type::byte;
  }
  while (!model.pieces.empty() && model.pieces.back().type == Type::unused) model.pieces.pop_back();
  model.add_dummy_prefix = metadata.boolean_or(kSpacePrefix, true);
  model.remove_extra_whitespaces = metadata.boolean_or(kRemoveSpaces, model.kind == Kind::unigram);
  if (metadata.contains(kCharsmap)) {
    for (const std::int64_t byte : metadata.integers(kCharsmap)) model.charsmap += static_cast<char>(byte);
  }
  return model;
}

std::optional<SentencePieceModel> sentence_piece_of(const Json& file) {
  const Json& bpe = file.at("model");
  const std::optional<bool> prefix = space_prefix_of(file);
  if (!prefix || bpe.value("type", "BPE") != "BPE" || !bpe.value("byte_fallback", false) ||
      bpe.value("ignore_merges", false) || !bpe.value("unk_token", Json()).is_string()) {
    return std::nullopt;
  }
  SentencePieceModel model;
  model.kind = Kind::bpe;
  model.byte_fallback = true;
  model.add_dummy_prefix = *prefix;
  model.remove_extra_whitespaces = false;
  const auto set = [&](std::size_t id, const std::string& text, Type type) {
    if (id >= model.pieces.size()) model.pieces.resize(id + 1, {.text = {}, .score = 0, .type = Type::unused});
    model.pieces[id] = {.text = text, .score = 0, .type = type};
  };
  Ids ids;  // of what can be part of a merge
  for (const auto& [text, id] : bpe.at("vocab").items()) {
    const bool is_byte = byte_of_piece(text).has_value();
    set(id.get<std::size_t>(), text, is_byte ? Type::byte : Type::normal);
    if (!is_byte) ids.emplace(text, id.get<std::size_t>());
  }
  for (const Json& added : file.value("added_tokens", Json::array())) {
    const auto text = added.at("content").get<std::string>();
    set(added.at("id").get<std::size_t>(), text, added.value("special", false) ? Type::control : Type::user_defined);
    ids.erase(text);
  }
  const auto unknown = bpe.at("unk_token").get<std::string>();
  for (SentencePieceModel::Entry& piece : model.pieces) {
    if (piece.type == Type::unused) return std::nullopt;
    if (piece.text == unknown) piece.type = Type::unknown;
  }
  ids.erase(unknown);
  if (!score_by_merges(bpe.at("merges"), ids, model)) return std::nullopt;
  return model;
}

}  // namespace sequent
