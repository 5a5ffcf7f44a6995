#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

json bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"bench", "--json", "--runs", "2"});
  const CommandResult result = test::sequent(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return json::parse(result.out);
}

class Bench : public testing::TestWithParam<std::string> {
 protected:
  std::vector<std::string> with(std::vector<std::string> more) const {
    more.insert(more.begin(), {"--arch", GetParam(), "--width", "32", "--layers", "2"});
    return more;
  }
};

TEST_P(Bench, HasARowForEveryContext) {
  const json object = bench(with({"--mode", "decode", "--context", "16,64", "--tokens", "2"}));
  ASSERT_EQ(object["results"].size(), 2u);
  for (const json& row : object["results"]) {
    for (const char* key : {"prefill_tokens_per_second", "decode_ms_per_token", "state_bytes", "peak_bytes"}) {
      EXPECT_GT(row[key], 0) << key;
    }
  }
  EXPECT_EQ(object["results"][0]["context"], 16);
  EXPECT_EQ(object["results"][1]["context"], 64);
  EXPECT_GT(object["peak_resident_bytes"], 0);
}

TEST_P(Bench, TimesTrainingAndForward) {
  for (const char* mode : {"train", "forward"}) {
    const json object = bench(with({"--mode", mode, "--batch", "2", "--length", "20"}));
    ASSERT_EQ(object["results"].size(), 1u);
    const json& row = object["results"][0];
    EXPECT_EQ(row["tokens"], 40);
    EXPECT_LE(row["min_ms"], row["median_ms"]);
    EXPECT_LE(row["median_ms"], row["max_ms"]);
    EXPECT_GT(row["tokens_per_second"], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Bench, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

TEST(BenchCommand, TakesAModelToo) {
  const test::TemporaryDirectory directory;
  test::write_small_model(directory / "model", "mamba");
  EXPECT_EQ(bench({directory / "model", "--context", "8", "--tokens", "1"})["architecture"], "mamba");
  EXPECT_EQ(test::sequent({"bench", directory / "model", "--arch", "mamba"}).exit_code, 2);
}

TEST(BenchCommand, ContextsMayBeWrittenWithK) {
  const json object =
      bench({"--arch", "mamba", "--width", "32", "--layers", "1", "--context", "1k,2K", "--tokens", "1"});
  EXPECT_EQ(object["results"][0]["context"], 1024);
  EXPECT_EQ(object["results"][1]["context"], 2048);
  const CommandResult wrong = test::sequent({"bench", "--context", "4x"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("such as 512 or 16k, got 4x"), std::string::npos) << wrong.err;
}

TEST(BenchCommand, SaysInWhichPrecisionItMeasured) {
  EXPECT_EQ(bench({"--width", "32", "--layers", "1", "--context", "8"})["precision"], "f32");
  EXPECT_EQ(bench({"--width", "32", "--layers", "1", "--context", "8", "--precision", "bf16"})["precision"], "bf16");
  EXPECT_EQ(test::sequent({"bench", "--precision", "f16"}).exit_code, 2);
}

TEST(BenchCommand, BadValuesAreExplained) {
  const CommandResult unknown = test::sequent({"bench", "--arch", "perceptron"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("there is no 'perceptron'"), std::string::npos) << unknown.err;
  for (const char* flag : {"--length", "--batch", "--runs", "--width", "--context"}) {
    EXPECT_EQ(test::sequent({"bench", flag, "-3"}).exit_code, 2) << flag;
  }
}

}  // namespace
}  // namespace sequent
