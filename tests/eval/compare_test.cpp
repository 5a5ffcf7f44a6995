#include "sequent/eval/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "tests/support/small_comparison.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

class Compare : public testing::Test {
 protected:
  std::string read(const std::string& file) const { return read_text(directory / ("out/" + file)); }
  test::TemporaryDirectory directory;
  CompareConfig config = test::small_comparison(directory);
};

TEST_F(Compare, TrainsMeasuresAndWritesEverythingDown) {
  const Json results = compare(config, {});
  EXPECT_EQ(Json::parse(read("results.json")), results);
  EXPECT_NE(read("report.html").find("\"architectures\""), std::string::npos);
  for (const char* key : {"version", "date", "command", "machine", "settings", "match", "contexts", "summary"}) {
    EXPECT_TRUE(results.contains(key)) << key;
  }
  ASSERT_EQ(results["architectures"].size(), config.archs.size());
  for (const Json& model : results["architectures"]) {
    SCOPED_TRACE(model["name"]);
    EXPECT_EQ(model["steps"], 30);
    EXPECT_EQ(model["tokens"], 30 * 2 * 32);
    for (const char* key : {"parameters", "active_parameters", "flops_per_token", "seconds", "tokens_per_second",
                            "val_loss", "bits_per_byte", "peak_bytes"}) {
      EXPECT_GT(model[key], 0) << key;
    }
    ASSERT_EQ(model["runs"].size(), 1u);
    const Json& run = model["runs"][0];
    EXPECT_EQ(run["curve"]["step"].size(), 30u);
    EXPECT_EQ(run["validation"]["step"], Json({10, 20, 30}));
    EXPECT_EQ(run["validation"]["flops"][2], model["flops_per_token"].get<double>() * 30 * 64);
    ASSERT_EQ(model["results"].size(), 2u);
    EXPECT_EQ(model["results"][1]["context"], 64);
    for (const char* key : {"prefill_tokens_per_second", "decode_ms_per_token", "state_bytes", "peak_bytes"}) {
      EXPECT_GT(model["results"][0][key], 0) << key;
    }
    EXPECT_FALSE(model["sample"]["text"].get<std::string>().empty());
  }
}

TEST_F(Compare, AllSeeTheSameTokensForEachSeed) {
  config.seeds = 2;
  std::vector<std::string> order;
  CompareEvents events;
  events.training = [&](const std::string& label, std::int64_t seed, std::int64_t number, std::int64_t of) {
    order.push_back(label + std::to_string(seed));
    EXPECT_EQ(number, static_cast<std::int64_t>(order.size()));
    EXPECT_EQ(of, static_cast<std::int64_t>(2 * config.archs.size()));
    return TrainEvents();
  };
  const Json results = compare(config, events);
  // Another architecture is first with the second seed.
  const std::size_t count = config.archs.size();
  EXPECT_EQ(order[0], config.archs[0] + "1");
  EXPECT_EQ(order[count], config.archs[1] + "2");
  for (const Json& model : results["architectures"]) {
    ASSERT_EQ(model["runs"].size(), 2u);
    EXPECT_EQ(model["runs"][1]["seed"], 2);
    EXPECT_NE(model["runs"][0]["val_loss"], model["runs"][1]["val_loss"]);
    EXPECT_EQ(model["val_loss"],
              (model["runs"][0]["val_loss"].get<double>() + model["runs"][1]["val_loss"].get<double>()) / 2);
    EXPECT_EQ(model["runs"][0]["curve"]["tokens"], results["architectures"][0]["runs"][1]["curve"]["tokens"]);
  }
}

TEST_F(Compare, WhatIsDoneIsNotDoneAgain) {
  const Json before = compare(config, {});
  CompareEvents events;
  events.training = [](const std::string& label, std::int64_t, std::int64_t, std::int64_t) {
    ADD_FAILURE() << label << " is trained again";
    return TrainEvents();
  };
  Json after = compare(config, events);
  EXPECT_EQ(after["architectures"], before["architectures"]);
  // Further contexts are measured, and those there are kept.
  config.contexts = {16, 64, 128};
  after = compare(config, events);
  for (std::size_t i = 0; i < before["architectures"].size(); ++i) {
    const Json& rows = after["architectures"][i]["results"];
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[1], before["architectures"][i]["results"][1]);
  }
}

TEST_F(Compare, StopsWhereItIsAskedToAndGoesOnFromThere) {
  const Json whole = compare(config, {});
  config.train.out = directory / "stopped";
  std::atomic<bool> stop = false;
  CompareEvents events;
  events.stop = &stop;
  std::int64_t stop_at = 7;
  const auto training = [&](const std::string&, std::int64_t, std::int64_t, std::int64_t) {
    TrainEvents run;
    run.stop = &stop;
    run.step = [&](const StepMetrics& metrics) { stop = metrics.step == stop_at; };
    return run;
  };
  events.training = training;
  EXPECT_TRUE(compare(config, events).is_null());
  stop_at = 15;
  stop = false;
  EXPECT_TRUE(compare(config, events).is_null());
  stop_at = -1;
  stop = false;
  const Json resumed = compare(config, events);
  for (std::size_t i = 0; i < config.archs.size(); ++i) {
    EXPECT_EQ(resumed["architectures"][i]["val_loss"], whole["architectures"][i]["val_loss"]);
    EXPECT_EQ(resumed["architectures"][i]["sample"], whole["architectures"][i]["sample"]);
  }
}

TEST_F(Compare, OtherSettingsInTheSameDirectoryAreRefusedByName) {
  compare(config, {});
  CompareConfig other = config;
  other.train.lr = 0.5;
  EXPECT_EQ(test::error_of([&] { compare(other, {}); }),
            "compare: " + config.train.out +
                " holds a comparison with lr 0.001, now it is 0.5; use another --out, or "
                "the same lr");
  other = config;
  other.archs = {"mamba"};
  EXPECT_NE(test::error_of([&] { compare(other, {}); }).find("now it is mamba; use another --out"), std::string::npos);
}

TEST_F(Compare, IsForOneProcessAtATime) {
  std::filesystem::create_directories(config.train.out);
  const auto held = lock_directory(config.train.out);
  EXPECT_NE(test::error_of([&] { compare(config, {}); }), "");
}

}  // namespace
}  // namespace sequent
