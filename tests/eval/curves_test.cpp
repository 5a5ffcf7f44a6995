#include "sequent/eval/curves.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

class Curves : public testing::Test {
 protected:
  Json curves(const std::string& lines, std::size_t points = 100) const {
    return curves_of(directory.write("metrics.jsonl", lines), 10, points);
  }
  test::TemporaryDirectory directory;
};

TEST_F(Curves, AreColumnsOfTheLogWithOperationsByTokens) {
  const Json json = curves(R"({"step":1,"tokens":8,"loss":5.5,"seconds":0.5})"
                           "\n"
                           R"({"step":2,"tokens":16,"loss":5.0,"val_loss":5.25,"seconds":1.5})"
                           "\n"
                           R"({"step":3,"tokens":24,"loss":null,"seconds":2.5})"
                           "\n");
  EXPECT_EQ(json["curve"], Json::parse(R"({"step":[1,2],"tokens":[8,16],"seconds":[0.5,1.5],"flops":[80.0,160.0],
                                           "loss":[5.5,5.0]})"));
  EXPECT_EQ(json["validation"], Json::parse(R"({"step":[2],"tokens":[16],"seconds":[1.5],"flops":[160.0],
                                                "loss":[5.25]})"));
  EXPECT_FALSE(json.contains("moe"));
}

TEST_F(Curves, AreThinnedToMeansOfEqualGroups) {
  std::string lines;
  for (int step = 1; step <= 7; ++step) {
    lines += R"({"step":)" + std::to_string(step) + R"(,"tokens":1,"seconds":1,"loss":)" + std::to_string(step) + "}\n";
  }
  const Json curve = curves(lines, 3)["curve"];
  EXPECT_EQ(curve["step"], Json({2, 4, 7}));
  EXPECT_EQ(curve["loss"], Json({1.5, 3.5, 6.0}));
  EXPECT_EQ(curves(lines, 7)["curve"]["step"].size(), 7u);
}

TEST_F(Curves, LoadOfExpertsIsTheMeanOverTheLastQuarter) {
  std::string lines;
  for (int step = 1; step <= 8; ++step) {
    const std::string share = step <= 6 ? "[1.0,0.0]" : step == 7 ? "[0.5,0.5]" : "[0.25,0.75]";
    lines += R"({"step":)" + std::to_string(step) + R"(,"loss":1,"moe":[{"layer":1,"share":)" + share +
             R"(,"drop_rate":0.5,"entropy":0.25},{"layer":3,"share":[0.5,0.5],"drop_rate":0.0,"entropy":0.5}]})" + "\n";
  }
  EXPECT_EQ(curves(lines)["moe"], Json::parse(R"([{"layer":1,"share":[0.375,0.625],"drop_rate":0.5,"entropy":0.25},
                            {"layer":3,"share":[0.5,0.5],"drop_rate":0.0,"entropy":0.5}])"));
}

TEST_F(Curves, ADamagedLogIsNamed) {
  EXPECT_NE(test::error_of([&] { curves("{\"step\":"); }).find("metrics.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace sequent
