#include "sequent/models/end_tokens.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/files.h"

namespace sequent {
namespace {

class EndTokens : public testing::Test {
 protected:
  void write(const char* name, const std::string& content) { std::ofstream(directory / name) << content; }
  std::vector<std::int32_t> read() { return read_end_tokens(directory / "."); }

  const test::TemporaryDirectory directory;
};

TEST_F(EndTokens, AreThoseOfBothFiles) {
  EXPECT_TRUE(read().empty());
  write("config.json", R"({"eos_token_id": 2})");
  EXPECT_EQ(read(), std::vector<std::int32_t>{2});
  write("generation_config.json", R"({"eos_token_id": [128009, 2, 1]})");
  EXPECT_EQ(read(), (std::vector<std::int32_t>{1, 2, 128009}));
  write("config.json", R"({"eos_token_id": null})");
  write("generation_config.json", R"({"eos_token_id": -1})");
  EXPECT_TRUE(read().empty());
}

TEST_F(EndTokens, AnythingElseIsRefused) {
  for (const char* ids : {"\"a\"", "[[1]]", "1.5", "-2", "4294967296", "{}"}) {
    write("generation_config.json", std::string("{\"eos_token_id\": ") + ids + "}");
    EXPECT_NE(test::error_of([&] { read(); }).find("generation_config.json: eos_token_id must be"), std::string::npos)
        << ids;
  }
}

}  // namespace
}  // namespace sequent
