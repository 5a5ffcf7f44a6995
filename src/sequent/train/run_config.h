// What every training run has, whatever it trains: how long, with which optimizer, and what is reported and kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"

namespace sequent {

struct RunConfig {
  std::string out;
  std::int64_t steps = 0;
  double minutes = 0;
  std::int64_t seed = 1;
  bool recompute = false;
  std::string precision = "f32";
  // The optimizer.
  double lr = 1e-3;
  std::int64_t warmup = 100;
  double weight_decay = 0.1;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double clip = 1.0;
  // What is reported and kept.
  std::int64_t log_every = 10;
  std::int64_t eval_every = 0;
  std::int64_t save_every = 0;
  std::int64_t keep = 2;

  /// Every member above with its help, in that order.
  std::vector<Field> run_fields();
  /// Throws unless every value is in its range; `out` and a length are needed.
  void validate_run() const;
};

/// "NAME: must be at least LOW, got VALUE".
void check_at_least(std::string_view name, std::int64_t value, std::int64_t low);
void check_at_least(std::string_view name, double value, double low);
/// At least 0 and below 1.
void check_fraction(std::string_view name, double value);

/// Reads settings from TOML text; an unknown key or a value of another type is an Error naming `file` and key.
void read_toml(const std::vector<Field>& fields, std::string_view text, std::string_view file);

/// Applies "key=value".
void apply_override(const std::vector<Field>& fields, std::string_view text);

}  // namespace sequent
