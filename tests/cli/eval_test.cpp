#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class EvalCommand : public testing::Test {
 protected:
  EvalCommand() { test::write_small_model(model, "mamba"); }

  CommandResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"eval", model, "--cache", directory / "cache"});
    return test::sequent(arguments);
  }

  const test::TemporaryDirectory directory;
  const std::string model = directory / "model";
  const std::string text = directory.write("text.txt", test::some_text(20));
};

TEST_F(EvalCommand, PrintsOneJsonObject) {
  const CommandResult result = run({"--data", text, "--context", "64", "--by-position", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json object = json::parse(result.out);
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(text));
  EXPECT_EQ(object["tokens"], bytes);
  EXPECT_EQ(object["bytes"], bytes);
  EXPECT_NEAR(object["perplexity"].get<double>(), std::exp(object["loss"].get<double>()), 1e-6);
  // A token is a byte here.
  EXPECT_NEAR(object["bits_per_byte"].get<double>(), object["loss"].get<double>() / std::log(2.0), 1e-9);
  EXPECT_GT(object["tokens_per_second"], 0);
  EXPECT_EQ(object["loss_by_position"].size(), 64u);
  EXPECT_EQ(object["tokens_by_position"].size(), 64u);
}

TEST_F(EvalCommand, PrintsATable) {
  const CommandResult result = run({"--data", text, "--context", "64", "--by-position"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* word : {"loss", "perplexity", "bits per byte", "position", "32       63"}) {
    EXPECT_NE(result.out.find(word), std::string::npos) << word << "\n" << result.out;
  }
}

TEST_F(EvalCommand, ComputesInThePrecisionAskedFor) {
  const auto loss = [&](const char* precision) {
    const CommandResult result = run({"--data", text, "--context", "64", "--precision", precision, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out)["loss"].get<double>();
  };
  const double full = loss("f32");
  EXPECT_NE(loss("bf16"), full);
  EXPECT_NEAR(loss("bf16"), full, 0.01 * full);
  EXPECT_EQ(run({"--data", text, "--precision", "half"}).exit_code, 2);
}

TEST_F(EvalCommand, StopsAfterMaxTokens) {
  const CommandResult result = run({"--data", text, "--context", "16", "--batch", "1", "--max-tokens", "40", "--json"});
  EXPECT_EQ(json::parse(result.out)["tokens"], 48);
}

TEST_F(EvalCommand, BadDataIsAnErrorThatNamesIt) {
  const auto error = [&](const std::string& path) {
    const CommandResult result = run({"--data", path});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(path), std::string::npos) << result.err;
  };
  error(directory / "none");
  error(directory.write("empty.txt", ""));
  error(directory.write("binary", std::string("a\0b", 3)));
  EXPECT_EQ(run({"--data", directory.write("bad.txt", "\xFF\xFE invalid \xC3")}).exit_code, 0);
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"--data", text, "--context", "-1"}).exit_code, 2);
}

}  // namespace
}  // namespace sequent
