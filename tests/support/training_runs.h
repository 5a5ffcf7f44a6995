// Short runs of training in a directory of their own, one architecture at a time.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/files.h"
#include "sequent/train/config.h"
#include "tests/support/files.h"
#include "tests/support/sample_text.h"

namespace sequent::test {

/// The parameter is the architecture.
class TrainingRuns : public testing::TestWithParam<std::string> {
 protected:
  TrainingRuns() { directory.write("text.txt", some_text(400)); }

  TrainConfig config(const std::string& out) const {
    TrainConfig config;
    config.arch = GetParam();
    config.data = {directory / "text.txt"};
    config.out = directory / out;
    config.cache = directory / "cache";
    config.width = 32;
    config.layers = 2;
    config.context = 32;
    config.batch = 4;
    config.steps = 20;
    config.lr = 3e-3;
    config.save_every = 5;
    config.dropout = 0.1;
    return config;
  }
  /// The file of the weights after `step` steps.
  static std::string weights(const std::string& run, int step = 20) {
    return read_text(run + "/checkpoints/step-" + std::to_string(step) + "/model.safetensors");
  }

  TemporaryDirectory directory;
};

}  // namespace sequent::test
