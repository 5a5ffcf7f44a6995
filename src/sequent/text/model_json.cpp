#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "sequent/text/byte_characters.h"
#include "sequent/text/tokenizer_json_parts.h"
#include "sequent/text/unigram_model.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

/// The value of a switch that changes how text is encoded in a way not implemented here must be off.
void check_off(const Json& model, const char* key, const TokenizerJson& file) {
  if (absent(model, key)) return;
  const Json& value = model.at(key);
  const bool off = value == false || value == "" || value == 0;
  check(off, "{}: model option {} is not supported, got {}", file.name, key, value.dump());
}

bool is_on(const Json& model, const char* key) {
  return !absent(model, key) && model.at(key).get<bool>();
}

/// "a b" or ["a", "b"].
std::pair<std::string, std::string> merge_parts(const Json& merge, const TokenizerJson& file) {
  if (merge.is_array() && merge.size() == 2) return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  const std::string text = merge.is_string() ? merge.get<std::string>() : std::string();
  const std::size_t space = text.find(' ');
  check(space != std::string::npos && text.find(' ', space + 1) == std::string::npos,
        "{}: a merge must be \"left right\" or [left, right], got {}", file.name, merge.dump());
  return {text.substr(0, space), text.substr(space + 1)};
}

/// The vocabulary as the model sees it: bytes, or characters as they are. A token with a character that stands for no
/// byte is never found by a byte-level model.
std::vector<std::string> texts_of(const std::vector<std::string>& tokens, bool byte_level) {
  if (!byte_level) return tokens;
  std::vector<std::string> texts;
  texts.reserve(tokens.size());
  for (const std::string& token : tokens) texts.push_back(characters_to_bytes(token).value_or(std::string()));
  return texts;
}

bool has_every_byte(const std::vector<std::string>& texts) {
  std::array<bool, 256> seen = {};
  for (const std::string& text : texts) {
    if (text.size() == 1) seen[static_cast<unsigned char>(text[0])] = true;
  }
  return std::all_of(seen.begin(), seen.end(), [](bool each) { return each; });
}

class BpeReader {
 public:
  BpeReader(const TokenizerJson& file, std::vector<std::string>& tokens) : file_(file), tokens_(tokens) {}

  std::unique_ptr<Model> read(const Json& model, bool byte_level) {
    for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
      check_off(model, key, file_);
    }
    read_vocabulary(model.at("vocab"));
    BpeVocabulary vocabulary;
    vocabulary.tokens = texts_of(tokens_, byte_level);
    vocabulary.whole_pieces_first = is_on(model, "ignore_merges");
    if (!byte_level) {
      vocabulary.alphabet = BpeVocabulary::Alphabet::characters;
      vocabulary.byte_fallback = is_on(model, "byte_fallback");
      vocabulary.fuse_unknown = is_on(model, "fuse_unk");
    } else if (!has_every_byte(vocabulary.tokens)) {
      // With a token for every byte nothing is unknown, and they change nothing.
      check_off(model, "byte_fallback", file_);
      check_off(model, "fuse_unk", file_);
    }
    if (!absent(model, "unk_token")) {
      vocabulary.unknown = id_of(model.at("unk_token").get<std::string>(), "unk_token");
    }
    read_merges(model.at("merges"), vocabulary);
    return std::make_unique<BpeModel>(std::move(vocabulary));
  }

 private:
  void read_vocabulary(const Json& vocab) {
    check(vocab.is_object(), "{}: the vocab of a BPE model must be an object", file_.name);
    for (const auto& [token, id_json] : vocab.items()) {
      const std::int32_t id = file_.checked_id(id_json);
      if (static_cast<std::size_t>(id) >= tokens_.size()) tokens_.resize(static_cast<std::size_t>(id) + 1);
      std::string& text = tokens_[static_cast<std::size_t>(id)];
      check(text.empty(), "{}: every token must have its own id, got {} twice", file_.name, id);
      text = token;
      ids_.emplace(token, id);
    }
  }

  std::int32_t id_of(const std::string& token, const char* where) const {
    const auto found = ids_.find(token);
    check(found != ids_.end(), "{}: {} \"{}\" is not in the vocabulary", file_.name, where, token);
    return found->second;
  }

  void read_merges(const Json& merges, BpeVocabulary& vocabulary) const {
    std::int32_t rank = 0;
    for (const Json& merge : merges) {
      // The first line of a merges.txt.
      if (merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
      const auto [left, right] = merge_parts(merge, file_);
      const std::int32_t left_id = id_of(left, "merge part"), right_id = id_of(right, "merge part");
      const auto found = [&](std::int32_t id) { return !vocabulary.tokens[static_cast<std::size_t>(id)].empty(); };
      if (found(left_id) && found(right_id)) {
        vocabulary.merges.emplace_back(left_id, right_id);
        vocabulary.ranks.push_back(rank);
      }
      ++rank;
    }
  }

  const TokenizerJson& file_;
  std::vector<std::string>& tokens_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

std::unique_ptr<Model> read_bpe(const Json& model, const TokenizerJson& file, bool byte_level,
                                std::vector<std::string>& tokens) {
  return BpeReader(file, tokens).read(model, byte_level);
}

std::unique_ptr<Model> read_unigram(const Json& model, const TokenizerJson& file, bool byte_level,
                                    std::vector<std::string>& tokens) {
  constexpr double kUnknownPenalty = 10;
  check(!byte_level, "{}: model Unigram behind pre_tokenizer ByteLevel is not supported", file.name);
  UnigramVocabulary vocabulary;
  double lowest = 0;
  for (const Json& entry : model.at("vocab")) {
    const auto score = entry.at(1).get<double>();
    lowest = vocabulary.tokens.empty() ? score : std::min(lowest, score);
    tokens.push_back(entry.at(0).get<std::string>());
    vocabulary.tokens.push_back({.text = tokens.back(), .score = score});
  }
  vocabulary.unknown_score = lowest - kUnknownPenalty;
  if (!absent(model, "unk_id")) vocabulary.unknown = file.checked_id(model.at("unk_id"));
  vocabulary.byte_fallback = is_on(model, "byte_fallback");
  return std::make_unique<UnigramModel>(std::move(vocabulary));
}

struct Entry {
  std::string_view type;
  std::unique_ptr<Model> (*read)(const Json&, const TokenizerJson&, bool, std::vector<std::string>&);
};

constexpr std::array<Entry, 2> kModels = {{{"BPE", read_bpe}, {"Unigram", read_unigram}}};

}  // namespace

std::unique_ptr<Model> read_model(const Json& part, const TokenizerJson& file, bool byte_level,
                                  std::vector<std::string>& tokens) {
  // The oldest files have no type: they are BPE.
  if (!part.contains("type")) return read_bpe(part, file, byte_level, tokens);
  return entry_for(kModels, part, file, "model").read(part, file, byte_level, tokens);
}

}  // namespace sequent
