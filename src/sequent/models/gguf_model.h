// Models in GGUF files: opened in place, and written in any type of weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/models/language_model.h"

namespace sequent {

/// Whether `path` is a file in this format, whatever it is called.
bool holds_gguf(const std::filesystem::path& path);

LanguageModelConfig read_gguf_description(const std::filesystem::path& path);

/// Matrices stay as they are stored, in place but for queries and keys of "llama", whose rows are put in our order; the
/// experts of a mixture and everything small become float32. Errors as for load_model.
std::unique_ptr<LanguageModel> load_gguf_model(const std::filesystem::path& path);

struct GgufOptions {
  /// Of the large matrices: f32, f16, bf16, q8_0, q4_0 or q4_k. Where rows are no whole number of blocks a matrix is
  /// stored as the next of q4_k, q8_0, f16 that fits; everything small stays float32 (see stays_float).
  DType dtype = DType::f32;
  /// Of the tokenizer, written as they are given.
  GgufValues values = {};
  /// Called after each tensor with the bytes written so far and in all.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
};

/// Writes the model, replacing `path` at once or not at all. Errors: no GGUF architecture holds the model; a value that
/// is not finite, or too large for the type, with the name of its tensor.
void save_gguf_model(const std::filesystem::path& path, const LanguageModel& model, const GgufOptions& options);

}  // namespace sequent
