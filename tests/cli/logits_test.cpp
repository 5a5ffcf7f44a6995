#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/golden.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class Logits : public testing::TestWithParam<std::string> {};

TEST_P(Logits, AreThoseOfTheReferenceImplementationInEveryForm) {
  const test::Golden golden(GetParam());
  const test::TemporaryDirectory directory;
  json sequences = json::array();
  for (std::int64_t i = 0; i < golden.segments.count(); ++i) {
    sequences.push_back(std::vector<std::int32_t>(golden.ids.begin() + golden.segments.begin(i),
                                                  golden.ids.begin() + golden.segments.end(i)));
  }
  std::ofstream(directory / "ids.json") << sequences;
  const std::vector<double> expected = test::to_doubles(golden.expected.tensor("logits"));
  const auto [least, most] = std::minmax_element(expected.begin(), expected.end());
  const std::vector<std::vector<std::string>> forms = {
      {"parallel"}, {"chunked", "--chunk", "1"}, {"chunked", "--chunk", "7"}, {"chunked"}, {"recurrent"}};
  for (const std::vector<std::string>& form : forms) {
    std::vector<std::string> arguments = {"logits", golden.directory.string(), "--ids",  directory / "ids.json",
                                          "--out",  directory / "out",         "--json", "--form"};
    arguments.insert(arguments.end(), form.begin(), form.end());
    const CommandResult result = test::sequent(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(json::parse(result.out)["tokens"], golden.segments.tokens());
    const Tensor logits = TensorFile::open(directory / "out").tensor("logits");
    ASSERT_EQ(logits.shape(), golden.expected.shape("logits"));
    const std::vector<double> actual = test::to_doubles(logits);
    double worst = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) worst = std::max(worst, std::abs(actual[i] - expected[i]));
    // The contract is 1e-4; float32 gives far less.
    EXPECT_LE(worst, 1e-5 * (*most - *least)) << form.front();
  }
}

INSTANTIATE_TEST_SUITE_P(All, Logits, testing::ValuesIn(test::golden_models()),
                         [](const auto& each) { return test::test_name(each.param); });

TEST(LogitsErrors, NameTheFileAndWhatIsWrong) {
  const test::TemporaryDirectory directory;
  const std::string ids = directory / "ids.json";
  const std::string model = SEQUENT_SOURCE_DIR "/tests/golden/models/mamba-plain";
  const auto error = [&](const std::string& text) {
    std::ofstream(ids) << text;
    const CommandResult result = test::sequent({"logits", model, "--ids", ids, "--out", directory / "out"});
    EXPECT_EQ(result.exit_code, 1) << text;
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  const auto said = [&](const std::string& text, const std::string& part) {
    const std::string sentence = error(text);
    EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
  };
  said("[1, 2", ids);
  said("", ids);
  said("{}", ids + ": there must be a list of ids, or of lists of ids");
  said("[]", ids + ": there must be a list of ids, or of lists of ids");
  said("[[1], []]", ids + ": sequence 1 must be a list of at least one id, got []");
  said("[[1], 2]", ids + ": sequence 1 must be a list of at least one id, got 2");
  said("[1, 2.5]", ids + ": sequence 0: an id must be an integer from 0 up, got 2.5");
  said("[1, \"a\"]", ids + ": sequence 0: an id must be an integer from 0 up, got \"a\"");
  said("[1, -1]", ids + ": sequence 0: an id must be an integer from 0 up, got -1");
  said("[1, 99999999999]", ids + ": sequence 0: an id must be an integer from 0 up, got 99999999999");
  said("[1, 41]", "41");  // outside the vocabulary
  EXPECT_EQ(test::sequent({"logits", model, "--ids", directory / "none", "--out", directory / "out"}).exit_code, 1);
  EXPECT_EQ(test::sequent({"logits", model, "--ids", ids}).exit_code, 2);
  EXPECT_EQ(test::sequent({"logits", model, "--ids", ids, "--out", "x", "--form", "sideways"}).exit_code, 2);
  EXPECT_EQ(test::sequent({"logits", model, "--ids", ids, "--out", "x", "--chunk", "0"}).exit_code, 2);
  std::ofstream(ids) << "[1, 2]";
  const CommandResult unwritable = test::sequent({"logits", model, "--ids", ids, "--out", directory / "no/such/out"});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_NE(unwritable.err.find("no/such/out"), std::string::npos) << unwritable.err;
}

}  // namespace
}  // namespace sequent
