#include "sequent/eval/compare_summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

// One seed: validated after 100 and 200 tokens.
Json run(double seconds, double first_loss, double last_loss) {
  return {{"val_loss", last_loss},
          {"validation",
           {{"tokens", {100, 200}},
            {"seconds", {seconds / 2, seconds}},
            {"flops", {1e6, 2e6}},
            {"loss", {first_loss, last_loss}}}}};
}

Json row(std::int64_t context, double milliseconds, std::int64_t state, double prefill) {
  return {{"context", context},
          {"decode_ms_per_token", milliseconds},
          {"state_bytes", state},
          {"prefill_tokens_per_second", prefill},
          {"peak_bytes", 1}};
}

class Summary : public testing::Test {
 protected:
  Json results = {{"architectures",
                   {{{"name", "slow"},
                     {"runs", {run(40, 2.0, 1.0)}},
                     {"results", {row(1024, 1, 1024, 100), row(65536, 12, 65536, 50)}}},
                    {{"name", "quick"},
                     {"runs", {run(20, 3.0, 1.5)}},
                     {"results", {row(1024, 2, 2048, 100), row(65536, 2.1, 2048, 100)}}}}}};
};

TEST_F(Summary, SaysWhoIsAheadInWhatAndWhoIsLast) {
  const std::vector<std::string> expected = {
      "At equal tokens (200), slow is ahead with a validation loss of 1.000; then quick (+0.500).",
      // After 20 seconds the slow one stood where it was validated first.
      "At equal time (20s), quick is ahead with a validation loss of 1.500; then slow (+0.500).",
      "At equal compute (2e+06 operations), slow is ahead with a validation loss of 1.000; then quick (+0.500).",
      "Each was trained once, so that small differences of loss may be chance.",
      "At a context of 64K, quick writes a token in the shortest time, 2.10 ms; slow takes 12.0 ms, 5.7 times as long.",
      "From a context of 1K to 64K, writing a token takes 12 times as long for slow, and no longer (within 10%) for "
      "quick.",
      "There, quick remembers everything in the least memory, 2.00 KiB; slow needs 64.0 KiB, 32 times as much.",
      "Last: quick in loss at equal tokens and loss at equal compute; slow in loss at equal time, reading at 64K, "
      "writing at 64K and size of state at 64K."};
  EXPECT_EQ(summary_of(results), expected);
}

TEST_F(Summary, LossesBetweenValidationsLieOnALine) {
  results["architectures"][1]["runs"][0] = run(30, 3.0, 1.4);
  EXPECT_EQ(summary_of(results)[1],
            "At equal time (30s), quick is ahead with a validation loss of 1.400; then slow (+0.100).");
}

TEST_F(Summary, SeveralSeedsAreMeansWithTheirSpread) {
  results["architectures"][0]["runs"] = {run(40, 2.0, 1.0), run(40, 2.0, 1.5)};
  results["architectures"][1]["runs"] = {run(20, 3.0, 1.5), run(20, 3.0, 1.75)};
  const std::vector<std::string> sentences = summary_of(results);
  EXPECT_EQ(sentences[0], "At equal tokens (200), slow is ahead with a validation loss of 1.250; then quick (+0.375).");
  EXPECT_EQ(sentences[3],
            "Losses are means over 2 seeds; between the seeds of one model the last differ by up to 0.500.");
}

TEST_F(Summary, WithoutValidationOnlySpeedIsSummedUp) {
  for (Json& model : results["architectures"]) {
    for (const char* key : {"tokens", "seconds", "flops", "loss"}) model["runs"][0]["validation"][key] = Json::array();
  }
  EXPECT_EQ(summary_of(results).size(), 4u);
}

TEST_F(Summary, OneAloneIsNotCompared) {
  results["architectures"].erase(1);
  EXPECT_TRUE(summary_of(results).empty());
}

}  // namespace
}  // namespace sequent
