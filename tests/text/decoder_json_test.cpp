// Each type of decoder, as a file names it.
#include <gtest/gtest.h>

#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;

json file_with(const json& decoder) {
  json file = test::character_tokenizer();
  file["decoder"] = decoder;
  return file;
}

TEST(DecoderJson, KnowsEveryType) {
  const auto through = [](const json& decoder, std::string_view text) {
    return test::through(file_with(decoder), text);
  };
  EXPECT_EQ(through(nullptr, "abc"), "a b c");
  EXPECT_EQ(through({{"type", "Fuse"}}, "abc"), "abc");
  EXPECT_EQ(through({{"type", "ByteLevel"}}, "ab\u00e9"), "ab\xE9");
  EXPECT_EQ(through({{"type", "Metaspace"}, {"replacement", "\u2581"}},
                    "\u2581"
                    "a\u2581"
                    "b"),
            "a b");
  EXPECT_EQ(through({{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "never"}},
                    "\u2581"
                    "a"),
            " a");
  EXPECT_EQ(through({{"type", "Metaspace"}, {"replacement", "\u2581"}, {"add_prefix_space", false}},
                    "\u2581"
                    "a"),
            " a");
  EXPECT_EQ(through({{"type", "Replace"}, {"pattern", {{"String", "-"}}}, {"content", " "}}, "a-b"), "a b");
  EXPECT_EQ(through({{"type", "ByteFallback"}}, "ab"), "ab");
  // Of every token by itself, and of the text as a whole.
  const json strip = {{"type", "Strip"}, {"content", "a"}, {"start", 1}, {"stop", 0}};
  EXPECT_EQ(through(strip, "aab"), "b");
  EXPECT_EQ(through({{"type", "Sequence"}, {"decoders", {{{"type", "Fuse"}}, strip}}}, "aab"), "ab");
}

TEST(DecoderJson, NamesWhatIsWrong) {
  EXPECT_EQ(test::refusal_of(file_with({{"type", "WordPiece"}})), "tokenizer.json: decoder WordPiece is not supported");
  EXPECT_EQ(test::refusal_of(file_with({{"type", "Strip"}, {"content", "a"}, {"start", -1}, {"stop", 0}})),
            "tokenizer.json: decoder Strip must remove 0 or more characters, got -1 and 0");
  EXPECT_EQ(test::refusal_of(file_with({{"type", "Metaspace"}, {"replacement", ""}})),
            "tokenizer.json: replacement must be one character, got \"\"");
}

}  // namespace
}  // namespace sequent
