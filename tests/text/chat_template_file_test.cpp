#include "sequent/text/chat_template_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/files.h"

namespace sequent {
namespace {

class ChatTemplateFiles : public testing::Test {
 protected:
  void write(const char* name, const std::string& content) { std::ofstream(directory / name) << content; }
  std::string error() {
    return test::error_of([&] { read_chat_template(std::filesystem::path(directory / ".")); });
  }
  std::optional<ChatTemplateFile> read() { return read_chat_template(std::filesystem::path(directory / ".")); }

  const test::TemporaryDirectory directory;
};

TEST_F(ChatTemplateFiles, ADirectoryMayHaveNone) {
  EXPECT_FALSE(read());
  write("tokenizer_config.json", R"({"bos_token": "<s>", "chat_template": null})");
  EXPECT_FALSE(read());
}

TEST_F(ChatTemplateFiles, AStringWithTheTokensBesideIt) {
  write("tokenizer_config.json",
        R"({"chat_template": "hello", "bos_token": {"content": "<s>", "special": true}, "eos_token": null})");
  write("special_tokens_map.json",
        R"({"bos_token": "<other>", "eos_token": "</s>", "pad_token": {"content": "<pad>"}})");
  const ChatTemplateFile file = *read();
  EXPECT_EQ(file.source, "hello");
  EXPECT_TRUE(file.name.ends_with("tokenizer_config.json"));
  const std::vector<std::pair<std::string, std::string>> tokens = {
      {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"pad_token", "<pad>"}};
  EXPECT_EQ(file.tokens, tokens);
}

TEST_F(ChatTemplateFiles, AListHasADefault) {
  write("tokenizer_config.json",
        R"({"chat_template": [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]})");
  EXPECT_EQ(read()->source, "b");
  write("tokenizer_config.json", R"({"chat_template": [{"name": "rag", "template": "a"}]})");
  EXPECT_NE(error().find("there is no chat_template called 'default', only: rag"), std::string::npos);
  write("tokenizer_config.json", R"({"chat_template": [{"name": "default"}]})");
  EXPECT_NE(error().find("must have a name and a template"), std::string::npos);
  write("tokenizer_config.json", R"({"chat_template": 5})");
  EXPECT_NE(error().find("must be a string or a list, got number"), std::string::npos);
}

TEST_F(ChatTemplateFiles, AFileOfItsOwnComesFirst) {
  write("tokenizer_config.json", R"({"chat_template": "a", "eos_token": "<e>"})");
  write("chat_template.jinja", "b\n");
  EXPECT_EQ(read()->source, "b\n");
  EXPECT_EQ(read()->tokens.size(), 1u);
  EXPECT_TRUE(read()->name.ends_with("chat_template.jinja"));
}

}  // namespace
}  // namespace sequent
