// The course of a training run, from its metrics.jsonl, as columns for a chart.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sequent {

/// {"curve": C, "validation": C, "moe": M} with C = {"step", "tokens", "seconds", "flops", "loss"}, each a list of
/// numbers, and M the mean over the last quarter of the run of what each layer of experts logged, or absent.
/// `flops_per_token` turns tokens into operations. Beyond `points` lines of training loss, as many equal groups of
/// lines are averaged.
nlohmann::ordered_json curves_of(const std::string& metrics_path, double flops_per_token, std::size_t points = 1000);

}  // namespace sequent
