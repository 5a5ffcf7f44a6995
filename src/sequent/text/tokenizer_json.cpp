#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/text/byte_characters.h"
#include "sequent/text/gpt2_splitter.h"
#include "sequent/text/nfc_normalizer.h"
#include "sequent/text/regex_splitter.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kEndOfText = "<|endoftext|>";
constexpr std::int64_t kLargestVocabulary = std::int64_t{1} << 24;

bool absent(const Json& object, const char* key) {
  return !object.contains(key) || object.at(key).is_null();
}

std::string type_of(const Json& part) {
  return part.value("type", std::string("(no type)"));
}

std::int32_t checked_id(const Json& id, std::string_view name) {
  const auto value = id.get<std::int64_t>();
  check(value >= 0 && value < kLargestVocabulary, "{}: a token id must be from 0 to {}, got {}", name,
        kLargestVocabulary - 1, value);
  return static_cast<std::int32_t>(value);
}

/// The value of a switch that changes how text is encoded in a way not implemented here must be off.
void check_off(const Json& model, const char* key, std::string_view name) {
  if (absent(model, key)) return;
  const Json& value = model.at(key);
  const bool off = value == false || value == "" || value == 0;
  check(off, "{}: model option {} is not supported, got {}", name, key, value.dump());
}

class Reader {
 public:
  Reader(TokenizerPipeline& pipeline, std::string_view name) : pipeline_(pipeline), name_(name) {}

  void read(const Json& file) {
    check(file.is_object() && file.contains("model"), "{}: a tokenizer.json must be an object with a \"model\"", name_);
    read_added_tokens(file);
    if (!absent(file, "normalizer")) read_normalizer(file.at("normalizer"));
    check(!absent(file, "pre_tokenizer"), "{}: a BPE tokenizer without pre_tokenizer is not supported", name_);
    read_pre_tokenizer(file.at("pre_tokenizer"));
    check(byte_level_, "{}: a pre_tokenizer without ByteLevel is not supported", name_);
    read_ends(file);
    read_model(file.at("model"));
    fill_tables();
  }

 private:
  void read_added_tokens(const Json& file) {
    if (absent(file, "added_tokens")) return;
    std::vector<AddedToken> tokens;
    for (const Json& entry : file.at("added_tokens")) {
      AddedToken token = {.id = checked_id(entry.at("id"), name_),
                          .content = entry.at("content").get<std::string>(),
                          .special = entry.value("special", false),
                          .normalized = entry.value("normalized", false)};
      check(!token.content.empty(), "{}: an added token must not be empty", name_);
      for (const char* option : {"single_word", "lstrip", "rstrip"}) {
        check(!entry.value(option, false), "{}: added token \"{}\": option {} is not supported", name_, token.content,
              option);
      }
      tokens.push_back(std::move(token));
    }
    pipeline_.added_tokens = AddedTokens(std::move(tokens));
  }

  void read_normalizer(const Json& normalizer) {
    const std::string type = type_of(normalizer);
    if (type == "Sequence" && normalizer.at("normalizers").size() <= 1) {
      for (const Json& each : normalizer.at("normalizers")) read_normalizer(each);
      return;
    }
    check(type == "NFC", "{}: normalizer {} is not supported", name_, type);
    pipeline_.normalizer = std::make_unique<NfcNormalizer>();
  }

  void read_pre_tokenizer(const Json& part) {
    const std::string type = type_of(part);
    check(!byte_level_, "{}: pre_tokenizer {} after ByteLevel is not supported", name_, type);
    if (type == "Sequence") {
      for (const Json& each : part.at("pretokenizers")) read_pre_tokenizer(each);
    } else if (type == "ByteLevel") {
      byte_level_ = true;
      pipeline_.prefix_space = part.value("add_prefix_space", true);
      check(!pipeline_.prefix_space || pipeline_.splitters.empty(),
            "{}: ByteLevel with add_prefix_space after another pre_tokenizer is not supported", name_);
      if (part.value("use_regex", true)) pipeline_.splitters.push_back(std::make_unique<Gpt2Splitter>());
    } else if (type == "Split") {
      read_split(part);
    } else {
      fail("{}: pre_tokenizer {} is not supported", name_, type);
    }
  }

  void read_split(const Json& part) {
    const std::string behavior = part.at("behavior").get<std::string>();
    check(behavior == "Isolated" && !part.value("invert", false),
          "{}: pre_tokenizer Split is supported with behavior Isolated and without invert, got {}", name_, behavior);
    const Json& pattern = part.at("pattern");
    check(pattern.contains("Regex"), "{}: pre_tokenizer Split is supported with a Regex, got {}", name_,
          pattern.dump());
    const std::string regex = pattern.at("Regex").get<std::string>();
    if (regex == kGpt2Pattern) {
      pipeline_.splitters.push_back(std::make_unique<Gpt2Splitter>());
    } else {
      pipeline_.splitters.push_back(std::make_unique<RegexSplitter>(regex, name_));
    }
  }

  void read_ends(const Json& file) {
    if (!absent(file, "post_processor")) {
      const std::string type = type_of(file.at("post_processor"));
      check(type == "ByteLevel", "{}: post_processor {} is not supported", name_, type);
    }
    check(!absent(file, "decoder") && type_of(file.at("decoder")) == "ByteLevel",
          "{}: the decoder must be ByteLevel, got {}", name_,
          absent(file, "decoder") ? "none" : type_of(file.at("decoder")));
  }

  void read_model(const Json& model) {
    // The oldest files have no type: they are BPE.
    const std::string type = model.value("type", std::string("BPE"));
    check(type == "BPE", "{}: model {} is not supported", name_, type);
    for (const char* key :
         {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback"}) {
      check_off(model, key, name_);
    }
    const auto ids = model.at("vocab").get<std::unordered_map<std::string, std::int64_t>>();
    BpeVocabulary vocabulary;
    vocabulary.whole_pieces_first = model.value("ignore_merges", false);
    const auto id_of = [&](const std::string& token, const char* where) {
      const auto found = ids.find(token);
      check(found != ids.end(), "{}: {} \"{}\" is not in the vocabulary", name_, where, token);
      return static_cast<std::int32_t>(found->second);
    };
    for (const auto& [token, id] : ids) {
      checked_id(id, name_);
      if (static_cast<std::size_t>(id) >= vocabulary.tokens.size()) {
        vocabulary.tokens.resize(static_cast<std::size_t>(id) + 1);
      }
      std::string& bytes = vocabulary.tokens[static_cast<std::size_t>(id)];
      check(bytes.empty(), "{}: every token must have its own id, got {} twice", name_, id);
      bytes = characters_to_bytes(token).value_or(token);
    }
    if (!absent(model, "unk_token")) {
      vocabulary.unknown = id_of(model.at("unk_token").get<std::string>(), "unk_token");
    }
    for (const Json& merge : model.at("merges")) {
      const auto [left, right] = merge_parts(merge);
      vocabulary.merges.emplace_back(id_of(left, "merge part"), id_of(right, "merge part"));
    }
    pipeline_.model = std::make_unique<BpeModel>(std::move(vocabulary));
  }

  /// "a b" or ["a", "b"].
  std::pair<std::string, std::string> merge_parts(const Json& merge) const {
    if (merge.is_array() && merge.size() == 2) return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    const std::string text = merge.is_string() ? merge.get<std::string>() : std::string();
    const std::size_t space = text.find(' ');
    check(space != std::string::npos && text.find(' ', space + 1) == std::string::npos,
          "{}: a merge must be \"left right\" or [left, right], got {}", name_, merge.dump());
    return {text.substr(0, space), text.substr(space + 1)};
  }

  void fill_tables() {
    std::vector<std::string>& bytes = pipeline_.token_bytes;
    bytes = pipeline_.model->vocabulary().tokens;
    pipeline_.special.assign(bytes.size(), false);
    for (const AddedToken& token : pipeline_.added_tokens.all()) {
      const auto id = static_cast<std::size_t>(token.id);
      if (id >= bytes.size()) {
        bytes.resize(id + 1);
        pipeline_.special.resize(id + 1);
      }
      bytes[id] = token.content;
      pipeline_.special[id] = token.special;
    }
    for (const std::string_view name : {kEndOfText, std::string_view("<|end_of_text|>"), std::string_view("</s>")}) {
      for (const AddedToken& token : pipeline_.added_tokens.all()) {
        if (pipeline_.end_of_text < 0 && token.special && token.content == name) pipeline_.end_of_text = token.id;
      }
    }
  }

  TokenizerPipeline& pipeline_;
  std::string_view name_;
  bool byte_level_ = false;
};

nlohmann::ordered_json entry_of(const AddedToken& token) {
  return {{"id", token.id},  {"content", token.content},       {"single_word", false},    {"lstrip", false},
          {"rstrip", false}, {"normalized", token.normalized}, {"special", token.special}};
}

}  // namespace

std::shared_ptr<const TokenizerPipeline> read_tokenizer_json(std::string json, std::string_view name) {
  auto pipeline = std::make_shared<TokenizerPipeline>();
  try {
    Reader(*pipeline, name).read(parse_json(json, name));
  } catch (const Json::exception& error) {
    fail("{}: not a valid tokenizer.json: {}", name, error.what());
  }
  pipeline->json = std::move(json);
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

std::string write_tokenizer_config(const TokenizerPipeline& pipeline) {
  nlohmann::ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                   {"clean_up_tokenization_spaces", false}};
  if (pipeline.end_of_text >= 0) {
    const std::string& content = pipeline.token_bytes[static_cast<std::size_t>(pipeline.end_of_text)];
    for (const char* key : {"bos_token", "eos_token"}) config[key] = content;
  }
  return config.dump(1) + "\n";
}

}  // namespace sequent
