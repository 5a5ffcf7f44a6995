// The tensors in the files of a model, whatever it is a model of.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sequent/checkpoint/weights.h"

namespace sequent {

/// A list of {"name", "dtype", "shape", "bytes"}, sorted by name.
nlohmann::json tensor_table(const WeightSource& weights);

/// {"format", "files", "bytes", "metadata"} of the files together.
nlohmann::json facts_of_files(const WeightSource& weights);

/// Both for people, on stdout: the table only if it is asked for.
void print_files(const nlohmann::json& files, const nlohmann::json& tensors, bool with_table);

}  // namespace sequent
