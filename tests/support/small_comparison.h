// A comparison of every architecture, small enough for a test.
#pragma once

#include <nlohmann/json.hpp>

#include "sequent/eval/compare.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_models.h"

namespace sequent::test {

inline CompareConfig small_comparison(const TemporaryDirectory& directory) {
  CompareConfig config;
  config.archs = architecture_names();
  config.train.data = {directory.write("text.txt", some_text(400))};
  config.train.out = directory / "out";
  config.train.layers = 2;
  config.train.width = 32;
  config.train.context = 32;
  config.train.batch = 2;
  config.train.steps = 30;
  config.train.eval_every = 10;
  config.train.eval_tokens = 200;
  config.contexts = {16, 64};
  config.sample_tokens = 40;
  config.command = "sequent compare";
  return config;
}

}  // namespace sequent::test
