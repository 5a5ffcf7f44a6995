#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class TokenizerCommand : public testing::Test {
 protected:
  static CommandResult run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), "tokenizer");
    return test::sequent(arguments, {.input = input});
  }
  const test::TemporaryDirectory directory;
};

TEST_F(TokenizerCommand, TrainsEncodesAndDecodes) {
  const std::string text = directory.write("text.txt", test::some_text(200));
  const CommandResult trained =
      run({"train", "--data", text, "--vocabulary", "300", "--out", directory / "bpe", "--json"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const json object = json::parse(trained.out);
  EXPECT_EQ(object["tokenizer"], directory / "bpe/tokenizer.json");
  EXPECT_GT(object["vocabulary"], 257);
  EXPECT_LE(object["vocabulary"], 300);
  const std::string sample = "the cat sees the old man.\n  \xC3\xA9 \xFF";
  const CommandResult encoded = run({"encode", directory / "bpe"}, sample);
  ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
  EXPECT_EQ(run({"decode", directory / "bpe"}, encoded.out).out, sample);
  const json ids = json::parse(run({"encode", directory / "bpe", "--text", sample, "--json"}).out);
  EXPECT_EQ(ids["bytes"], sample.size());
  EXPECT_LT(ids["tokens"], sample.size());
  EXPECT_EQ(json::parse(run({"decode", directory / "bpe", "--ids", ids["ids"].dump(), "--json"}).out)["tokens"],
            ids["tokens"]);
}

TEST_F(TokenizerCommand, WritesToAFileToo) {
  const std::string text = directory.write("text.txt", test::some_text(50));
  ASSERT_EQ(run({"train", "--data", text, "--vocabulary", "260", "--out", directory / "t.json"}).exit_code, 0);
  EXPECT_EQ(run({"encode", directory / "t.json", "--text", "abc"}).exit_code, 0);
}

TEST_F(TokenizerCommand, KnowsBytes) {
  EXPECT_EQ(run({"encode", "byte", "--text", "ab c"}).out, "97 98 32 99\n");
  EXPECT_EQ(run({"encode", "byte", "--text", "<|endoftext|>", "--special"}).out, "256\n");
  EXPECT_EQ(run({"decode", "byte", "--ids", "97, 98 [256]"}).out, "ab");
  EXPECT_EQ(run({"decode", "byte", "--ids", "97 256", "--special"}).out, "a<|endoftext|>");
}

TEST_F(TokenizerCommand, BadInputIsExplained) {
  const CommandResult misspelt = run({"encod"});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_NE(misspelt.err.find("did you mean 'encode'?"), std::string::npos) << misspelt.err;
  const CommandResult words = run({"decode", "byte", "--ids", "1 two"});
  EXPECT_EQ(words.exit_code, 1);
  EXPECT_EQ(words.err, "sequent tokenizer decode: an id must be an integer from 0 up, got 'two'\n");
  EXPECT_EQ(run({"decode", "byte", "--ids", "300"}).exit_code, 1);
  EXPECT_EQ(run({"decode", "byte", "--ids", "-1"}).exit_code, 1);
  const CommandResult missing = run({"encode", directory / "none", "--text", "x"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find(directory / "none"), std::string::npos) << missing.err;
  EXPECT_EQ(run({"train", "--data", directory / "none", "--out", directory / "t"}).exit_code, 1);
  EXPECT_EQ(run({"train", "--data", "x", "--out", "t", "--vocabulary", "3"}).exit_code, 2);
}

}  // namespace
}  // namespace sequent
