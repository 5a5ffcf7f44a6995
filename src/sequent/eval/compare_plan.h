// The models of a comparison: how wide each is so that they match, and for how many steps each is trained.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sequent/eval/compare_config.h"

namespace sequent {

struct PlannedModel {
  std::string label;
  TrainConfig train;  // of its runs, but for seed and directory
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t parameters = 0;
  std::int64_t active_parameters = 0;
  double flops_per_token = 0;  // of training
  double size = 0;             // as the match counts
};

struct ComparePlan {
  double target = 0;  // size that the match aims at; 0: widths were given
  std::vector<PlannedModel> models;
};

/// Chooses widths near the target and the steps. Where the length is in minutes this times a few steps of each; with a
/// match at equal tokens all then get the steps that take that long on average, with one at equal time each its own.
ComparePlan make_plan(const CompareConfig& config);

/// What make_plan() decided, and the plan from that again, without choosing or timing anything.
nlohmann::ordered_json decisions_of(const ComparePlan& plan);
ComparePlan plan_of(const CompareConfig& config, const nlohmann::ordered_json& decisions);

}  // namespace sequent
