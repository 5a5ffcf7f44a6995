// Each type of post-processor, as a file names it: what it puts around a prompt, and only around a prompt.
#include <gtest/gtest.h>

#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

json file_with(const json& post_processor) {
  json file = test::character_tokenizer();
  file["post_processor"] = post_processor;
  return file;
}

json special(const char* name) {
  return {{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
}
const json kText = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};

json template_of(const json& single) {
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"special_tokens", {{"x", {{"ids", {3}}}}, {"y", {{"ids", {4, 5}}}}}}};
}

Ids around(const json& post_processor) {
  const Tokenizer tokenizer = Tokenizer::from_json(file_with(post_processor).dump());
  EXPECT_EQ(tokenizer.encode("").size(), 0u);
  return tokenizer.encode_prompt("");
}

TEST(PostProcessorJson, KnowsEveryType) {
  EXPECT_EQ(around({{"type", "ByteLevel"}}), Ids{});
  EXPECT_EQ(around(template_of({special("x"), kText, special("y")})), (Ids{3, 4, 5}));
  const json pair = {{"type", "RobertaProcessing"}, {"sep", {"x", 6}}, {"cls", {"y", 7}}};
  EXPECT_EQ(around(pair), (Ids{7, 6}));
  EXPECT_EQ(around({{"type", "Sequence"}, {"processors", {{{"type", "ByteLevel"}}, pair}}}), (Ids{7, 6}));
}

TEST(PostProcessorJson, ATextThatBeginsWithTheTokenGetsItOnce) {
  json file = file_with(template_of({special("x"), kText}));
  file["added_tokens"] = {{{"id", 3}, {"content", "-"}, {"special", true}}};
  const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
  EXPECT_EQ(tokenizer.encode_prompt("-a", true), tokenizer.encode_prompt("a"));
  EXPECT_EQ(tokenizer.begin_of_text(), 3);
}

TEST(PostProcessorJson, NamesWhatIsWrong) {
  const std::string once = "tokenizer.json: post_processor TemplateProcessing must have sequence A once in \"single\"";
  EXPECT_EQ(test::refusal_of(file_with(template_of(json::array({special("x")})))), once);
  EXPECT_EQ(test::refusal_of(file_with(template_of({kText, kText}))), once);
  EXPECT_EQ(test::refusal_of(
                file_with({{"type", "Sequence"},
                           {"processors", {template_of({kText, special("x")}), template_of({kText, special("x")})}}})),
            "tokenizer.json: two post_processors that add tokens are not supported");
  EXPECT_NE(test::refusal_of(file_with(template_of({kText, special("z")}))).find("not a valid tokenizer.json"),
            std::string::npos);
  EXPECT_EQ(test::refusal_of(file_with({{"type", "RobertaProcessing"}, {"sep", {"x", 600}}, {"cls", {"y", 7}}})),
            "tokenizer.json: the tokens around a prompt must be in the vocabulary, got id 600 of 36");
}

}  // namespace
}  // namespace sequent
