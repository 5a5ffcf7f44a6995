#include "sequent/eval/machine.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/threads.h"

namespace sequent {
namespace {

TEST(MachineFacts, SayWhatAMeasurementNeeds) {
  const nlohmann::ordered_json facts = machine_facts();
  for (const char* key : {"version", "compiler", "system", "simd", "libraries", "architectures"}) {
    EXPECT_FALSE(facts.at(key).get<std::string>().empty()) << key;
  }
  EXPECT_EQ(facts.at("threads"), thread_count());
  EXPECT_GE(facts.at("cores"), 1);
  EXPECT_NE(facts.at("architectures").get<std::string>().find("mamba"), std::string::npos);
}

}  // namespace
}  // namespace sequent
