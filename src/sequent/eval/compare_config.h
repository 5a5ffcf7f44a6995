// What a comparison is: which architectures, trained on what, made equal in which way, measured at which contexts.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/language_model.h"
#include "sequent/train/config.h"

namespace sequent {

/// What can be made equal among the models compared.
struct MatchKind {
  std::string_view name;
  std::string_view unit;  // of what size() counts
  std::string_view help;
  /// Of a model trained on sequences of `context` tokens; grows with the width.
  double (*size)(const LanguageModel& model, std::int64_t context);
  /// Whether each trains for the same time; otherwise each trains on the same tokens.
  bool equal_time;
};
std::span<const MatchKind> match_kinds();
/// By name; an unknown one is an Error that lists the known ones.
const MatchKind& match_kind(std::string_view name);

/// Floating-point operations of training for each token, in sequences of `context`.
double training_flops_per_token(const LanguageModel& model, std::int64_t context);

struct CompareConfig {
  /// Names of architectures, or LABEL=PATTERN for blocks of one's own.
  std::vector<std::string> archs;
  /// What they share. `out` is the directory of the comparison; what names an architecture is not looked at, nor is
  /// log_every. Exactly one of steps, minutes and `tokens` below is given.
  TrainConfig train;
  std::int64_t tokens = 0;  // of training, each
  std::string match = "params";
  std::int64_t seeds = 1;  // runs of each, with seeds train.seed, train.seed + 1, ...
  // What does not touch training may change when a comparison is continued.
  std::vector<std::int64_t> contexts = {1024, 4096, 16384, 65536};
  std::string prompt;
  std::int64_t sample_tokens = 300;
  std::string command;  // as it was typed, for the report

  /// Throws unless everything is in its range.
  void validate() const;
  /// Everything that decides the trained models, as text by name: two comparisons with equal settings are the same.
  nlohmann::ordered_json settings();
};

/// An entry of `archs` as settings of a run, and what it is called.
struct ComparedArchitecture {
  std::string label;
  TrainConfig train;
};
/// Errors: an unknown architecture or pattern, a label with other characters than letters, digits and ._+-
ComparedArchitecture compared_architecture(const CompareConfig& config, std::string_view entry);

}  // namespace sequent
