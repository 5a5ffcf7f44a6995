#include "sequent/infer/gguf_tokenizer_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::string_view kBegin = "tokenizer.ggml.bos_token_id";
constexpr std::string_view kEnd = "tokenizer.ggml.eos_token_id";
constexpr std::string_view kAddBegin = "tokenizer.ggml.add_bos_token";
constexpr std::string_view kAddEnd = "tokenizer.ggml.add_eos_token";
constexpr std::string_view kTemplate = "tokenizer.chat_template";

std::string token_at(const GgufMetadata& metadata, std::string_view key, const Tokenizer& tokenizer) {
  const std::int64_t id = metadata.integer(key);
  check(id >= 0 && id < tokenizer.vocabulary_size(), "{}: {} must be a token of {}, got {}", metadata.path(), key,
        tokenizer.vocabulary_size(), id);
  const std::int32_t ids[] = {static_cast<std::int32_t>(id)};
  return tokenizer.decode(ids, true);
}

struct Around {
  std::int64_t before = 0, behind = 0;
  std::int32_t begin = -1;
};

// What is put around a text shows what comes before and behind it.
Around around_prompt(const Tokenizer& tokenizer) {
  const std::vector<std::int32_t> text = tokenizer.encode("a"), prompt = tokenizer.encode_prompt("a");
  const std::int64_t before = std::search(prompt.begin(), prompt.end(), text.begin(), text.end()) - prompt.begin();
  return {.before = before,
          .behind = static_cast<std::int64_t>(prompt.size() - text.size()) - before,
          .begin = before > 0 ? prompt.front() : tokenizer.special_token(tokenizer.begin_token())};
}

}  // namespace

GgufValues prompt_values_of(const Tokenizer& tokenizer) {
  const Around around = around_prompt(tokenizer);
  if (around.before > 1 || around.behind > 1) return {};  // more than this format can say
  GgufValues values;
  const std::int32_t begin = around.begin >= 0 ? around.begin : tokenizer.end_of_text();
  if (begin >= 0) values.emplace_back(kBegin, static_cast<std::uint32_t>(begin));
  values.emplace_back(kAddBegin, around.before == 1);
  values.emplace_back(kAddEnd, around.behind == 1);
  return values;
}

std::string tokenizer_config_of(const GgufMetadata& metadata, const Tokenizer& tokenizer) {
  const std::string_view model = metadata.text_or("tokenizer.ggml.model", "");
  const std::string_view pre = metadata.text_or("tokenizer.ggml.pre", "");
  const bool llama = model == "llama" || pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3";
  const bool begins = metadata.contains(kBegin) && metadata.boolean_or(kAddBegin, llama);
  const bool ends = metadata.contains(kEnd) && metadata.boolean_or(kAddEnd, model == "t5");
  nlohmann::ordered_json config = nlohmann::ordered_json::object();
  if (metadata.contains(kBegin)) config["bos_token"] = token_at(metadata, kBegin, tokenizer);
  if (metadata.contains(kEnd)) config["eos_token"] = token_at(metadata, kEnd, tokenizer);
  if (metadata.contains(kTemplate)) config["chat_template"] = metadata.text(kTemplate);
  const Around own = around_prompt(tokenizer);
  if (const bool told = metadata.contains(kAddBegin) || metadata.contains(kAddEnd) || begins || ends;
      told && (own.before != (begins ? 1 : 0) || own.behind != (ends ? 1 : 0))) {
    // The class whose prompts are what the two flags say; otherwise they are the tokenizer's own.
    config["tokenizer_class"] = "LlamaTokenizer";
    config["add_bos_token"] = begins;
    config["add_eos_token"] = ends;
  } else if (!config.empty()) {
    config["tokenizer_class"] = "PreTrainedTokenizerFast";
  }
  return config.empty() ? std::string() : config.dump(1) + "\n";
}

}  // namespace sequent
