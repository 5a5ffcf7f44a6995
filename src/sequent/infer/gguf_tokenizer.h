// Tokenizers in GGUF files: as the lists that llama.cpp works with, and whole as tokenizer.json beside them.
#pragma once

#include <filesystem>

#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

/// The values of tokenizer.ggml.* and, from which it is read again without loss, the tokenizer's file: its
/// tokenizer.json as tokenizer.huggingface.json, or its model of SentencePiece as tokenizer.sentencepiece.model. Where
/// the format has no name for what it does, llama.cpp opens the file without a tokenizer ("no_vocab").
GgufValues gguf_tokenizer_values(const Tokenizer& tokenizer, std::int64_t vocabulary);

/// The tokenizer of a GGUF file: the whole file of one if there is one, otherwise made of the lists; with the tokens
/// around a prompt. Errors: neither is there; lists of another kind than byte-level BPE ("gpt2") and SentencePiece's
/// ("llama", "t5"); a pre-tokenizer that is not known.
Tokenizer read_gguf_tokenizer(const std::filesystem::path& file);

}  // namespace sequent
