#include <array>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

/// Classes of Transformers that put tokens around a prompt by themselves, whatever their tokenizer.json says.
struct PromptRule {
  std::string_view tokenizer_class;
  bool begin, end;  // unless add_bos_token and add_eos_token say otherwise
};
constexpr std::array<PromptRule, 5> kPromptRules = {{{"LlamaTokenizer", true, false},
                                                     {"CodeLlamaTokenizer", true, false},
                                                     {"GemmaTokenizer", true, false},
                                                     {"CohereTokenizer", true, false},
                                                     {"T5Tokenizer", false, true}}};

const PromptRule* rule_of(std::string_view tokenizer_class) {
  if (tokenizer_class.ends_with("Fast")) tokenizer_class.remove_suffix(4);
  for (const PromptRule& rule : kPromptRules) {
    if (rule.tokenizer_class == tokenizer_class) return &rule;
  }
  return nullptr;
}

/// A token stands there as its text or as an object with its "content".
std::string token_of(const Json& config, const char* key, const std::string& otherwise) {
  if (!config.contains(key) || config.at(key).is_null()) return otherwise;
  const Json& token = config.at(key);
  return token.is_object() ? token.at("content").get<std::string>() : token.get<std::string>();
}

bool flag_of(const Json& config, const char* key, bool otherwise) {
  return config.contains(key) && !config.at(key).is_null() ? config.at(key).get<bool>() : otherwise;
}

std::vector<std::int32_t> ids_of(bool wanted, const std::string& token, const TokenizerPipeline& pipeline,
                                 std::string_view name) {
  if (!wanted) return {};
  const std::int32_t id = pipeline.id_of(token);
  check(id >= 0, "{}: the token \"{}\" to put around a prompt is not in the vocabulary", name, token);
  return {id};
}

void apply(TokenizerPipeline& pipeline, const Json& config, std::string_view name) {
  check(config.is_object(), "{}: must be a JSON object, got {}", name, config.type_name());
  const PromptRule* rule = rule_of(token_of(config, "tokenizer_class", ""));
  const bool names_known = rule == nullptr || !pipeline.begin_token.empty() || !pipeline.end_token.empty();
  pipeline.begin_token = token_of(config, "bos_token", names_known ? pipeline.begin_token : "<s>");
  pipeline.end_token = token_of(config, "eos_token", names_known ? pipeline.end_token : "</s>");
  if (rule != nullptr) {
    pipeline.prompt.begin = ids_of(flag_of(config, "add_bos_token", rule->begin), pipeline.begin_token, pipeline, name);
    pipeline.prompt.end = ids_of(flag_of(config, "add_eos_token", rule->end), pipeline.end_token, pipeline, name);
  }
  if (pipeline.end_of_text < 0) pipeline.end_of_text = pipeline.id_of(pipeline.end_token);
}

}  // namespace

void apply_tokenizer_config(TokenizerPipeline& pipeline, std::string config, std::string_view name) {
  try {
    apply(pipeline, parse_json(config, name), name);
  } catch (const Json::exception& error) {
    fail("{}: not a valid tokenizer_config.json: {}", name, error.what());
  }
  pipeline.config = std::move(config);
}

std::string write_tokenizer_config(const TokenizerPipeline& pipeline) {
  if (!pipeline.config.empty()) return pipeline.config;
  nlohmann::ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                   {"clean_up_tokenization_spaces", false}};
  if (pipeline.end_of_text >= 0) {
    const std::string& content = pipeline.tokens[static_cast<std::size_t>(pipeline.end_of_text)];
    for (const char* key : {"bos_token", "eos_token"}) config[key] = content;
  }
  return config.dump(1) + "\n";
}

}  // namespace sequent
