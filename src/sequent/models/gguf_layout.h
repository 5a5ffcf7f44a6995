// How models stand in GGUF files (gguf-py/gguf/constants.py of llama.cpp): the values that are their configuration, and
// the names and forms of their tensors. The same table is used to read and to write.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sequent/models/config.h"
#include "sequent/models/gguf_exchange.h"
#include "sequent/models/layout.h"

namespace sequent {

struct GgufLayout {
  std::string_view architecture;  // the value of general.architecture
  /// Whether a model of this configuration can be written so.
  bool (*holds)(const LanguageModelConfig& config);
  void (*describe)(GgufExchange& values, LanguageModelConfig& config);
  std::span<const NameRule> names;
  /// Queries and keys have their rows in pairs that are rotated together, ours in two halves.
  bool interleaved_rotary = false;
  /// A and D have a further axis of one, and the norm's weight one of groups (Mamba-2).
  bool state_columns = false;
};

std::span<const GgufLayout> gguf_layouts();
/// By general.architecture; an unknown one is an Error that lists the known ones.
const GgufLayout& gguf_layout_of(std::string_view architecture);
/// The one that holds a configuration; none is an Error.
const GgufLayout& gguf_layout_for(const LanguageModelConfig& config);

/// The configuration of a file. Tensors that belong to it are taken from the weights.
LanguageModelConfig read_gguf_config(const GgufMetadata& metadata, WeightSource& weights);

/// Whether a parameter of this name of ours stays in float32 whatever the rest is stored in: all but the large
/// matrices.
bool stays_float(std::string_view parameter, const Shape& shape);

}  // namespace sequent
