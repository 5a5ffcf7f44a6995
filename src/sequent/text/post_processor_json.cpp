#include <array>

#include "sequent/text/tokenizer_json_parts.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

void add_nothing(const Json&, const TokenizerJson&, PromptTemplate&) {}

/// In a Sequence the library gives a second one the tokens of the first as a text of their own, which nobody wants.
void check_alone(const TokenizerJson& file, const PromptTemplate& prompt) {
  check(prompt.begin.empty() && prompt.end.empty(), "{}: two post_processors that add tokens are not supported",
        file.name);
}

void add_template(const Json& part, const TokenizerJson& file, PromptTemplate& prompt) {
  check_alone(file, prompt);
  bool seen = false;
  for (const Json& piece : part.at("single")) {
    if (piece.contains("Sequence")) {
      check(!seen && piece.at("Sequence").at("id") == "A",
            "{}: post_processor TemplateProcessing must have sequence A once in \"single\"", file.name);
      seen = true;
      continue;
    }
    const auto name = piece.at("SpecialToken").at("id").get<std::string>();
    for (const Json& id : part.at("special_tokens").at(name).at("ids")) {
      (seen ? prompt.end : prompt.begin).push_back(file.checked_id(id));
    }
  }
  check(seen, "{}: post_processor TemplateProcessing must have sequence A once in \"single\"", file.name);
}

/// [token, id] before and behind the text.
void add_pair(const Json& part, const TokenizerJson& file, PromptTemplate& prompt) {
  check_alone(file, prompt);
  prompt.begin.push_back(file.checked_id(part.at("cls").at(1)));
  prompt.end.push_back(file.checked_id(part.at("sep").at(1)));
}

void add_sequence(const Json& part, const TokenizerJson& file, PromptTemplate& prompt) {
  for (const Json& each : part.at("processors")) read_post_processor(each, file, prompt);
}

struct Entry {
  std::string_view type;
  void (*add)(const Json&, const TokenizerJson&, PromptTemplate&);
};

constexpr std::array<Entry, 5> kPostProcessors = {{{"ByteLevel", add_nothing},
                                                   {"TemplateProcessing", add_template},
                                                   {"RobertaProcessing", add_pair},
                                                   {"BertProcessing", add_pair},
                                                   {"Sequence", add_sequence}}};

}  // namespace

void read_post_processor(const Json& part, const TokenizerJson& file, PromptTemplate& prompt) {
  entry_for(kPostProcessors, part, file, "post_processor").add(part, file, prompt);
}

}  // namespace sequent
