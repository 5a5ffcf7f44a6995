// Everything that decides a training run on text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"
#include "sequent/models/architecture.h"
#include "sequent/train/run_config.h"

namespace sequent {

struct TrainConfig : RunConfig {
  // The model.
  std::string arch = "mamba";
  std::string pattern;
  std::int64_t params = 0;
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;
  std::int64_t feed_forward = 0;
  std::int64_t state = 0;
  std::int64_t experts = 0;
  std::int64_t experts_per_token = 0;
  double capacity_factor = -1;
  double eval_capacity_factor = -1;
  double balance_loss = -1;
  double router_z_loss = -1;
  double jitter = -1;
  double expert_dropout = -1;
  std::string init_from;
  std::string objective;
  // The data.
  std::vector<std::string> data;
  std::string tokenizer = "byte";
  double held_out = 0.1;
  std::string cache;
  // The run.
  std::int64_t context = 256;
  std::int64_t batch = 8;
  std::int64_t accumulate = 1;
  bool tbptt = false;
  // The schedule of the learning rate.
  double min_lr = 0.1;
  std::string schedule = "cosine";
  double decay = 0.2;
  double dropout = 0.0;
  // What is reported.
  std::int64_t eval_tokens = 65536;
  std::int64_t sample_every = 0;

  /// Every setting with its help.
  std::vector<Field> fields();
  /// Throws unless every value is in its range; `out` and `data` are needed.
  void validate() const;
  /// What is asked of the model's preset.
  Dimensions dimensions(std::int64_t vocabulary, std::int64_t end_of_text) const;
};

}  // namespace sequent
