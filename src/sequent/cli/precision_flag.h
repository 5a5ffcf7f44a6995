// --precision, of the verbs that compute with a model.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sequent/autograd/product_precision.h"

namespace sequent {

class PrecisionFlag {
 public:
  explicit PrecisionFlag(CLI::App& app) {
    app.add_option("--precision", name_,
                   "operands of matrix products: f32, or bf16, less exact and faster on processors with AVX512-BF16")
        ->check(CLI::IsMember({"f32", "bf16"}));
  }

  const std::string& name() const { return name_; }
  ProductPrecision value() const { return product_precision_of("--precision", name_); }

 private:
  std::string name_ = "f32";
};

}  // namespace sequent
