// Tokenizers like SentencePiece's in GGUF files: pieces with scores and types, as the lists "llama" (BPE of characters)
// and "t5" (unigram). Private to this room.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/text/sentence_piece_file.h"

namespace sequent {

/// The values of tokenizer.ggml.*, with `vocabulary` pieces: those behind the model's own are unused.
GgufValues gguf_values_of(const SentencePieceModel& model, std::int64_t vocabulary);

/// The inverse, of a file whose tokenizer.ggml.model is "llama" or "t5"; unused pieces at the end are left out. Errors:
/// lists of different lengths, a type of piece that is none.
SentencePieceModel sentence_piece_of(const GgufMetadata& metadata);

/// A tokenizer.json that spells as such a model does: BPE of characters with byte fallback, spaces as U+2581, and one
/// before every text or none. Its pieces are scored by the order of its merges. Nothing if it does more, or if two
/// pieces make a third that its merges do not have.
std::optional<SentencePieceModel> sentence_piece_of(const nlohmann::json& tokenizer);

}  // namespace sequent
