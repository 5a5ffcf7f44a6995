// Tokenizers in GGUF files: as the lists that llama.cpp works with, and whole as tokenizer.json beside them.
#pragma once

#include <filesystem>

#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

/// The values of tokenizer.ggml.*, and tokenizer.huggingface.json with the tokenizer.json itself, from which it is read
/// again without loss. Of a tokenizer that is no byte-level BPE, or whose pre-tokenizer has no name in this format,
/// only the latter: llama.cpp opens such a file without a tokenizer ("no_vocab").
GgufValues gguf_tokenizer_values(const Tokenizer& tokenizer, std::int64_t vocabulary);

/// The tokenizer of a GGUF file: its tokenizer.json if there is one, otherwise made of the lists. Errors: neither is
/// there; another model than byte-level BPE ("gpt2"), or a pre-tokenizer that is not known, in the lists.
Tokenizer read_gguf_tokenizer(const std::filesystem::path& file);

/// The tokenizer that belongs to a model: of its directory, or in its GGUF file.
Tokenizer tokenizer_of_model(const std::filesystem::path& model);

}  // namespace sequent
