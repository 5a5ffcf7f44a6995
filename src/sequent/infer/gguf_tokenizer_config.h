// What a tokenizer_config.json says, in GGUF files: the tokens around a prompt and the chat template. Private to this
// room.
#pragma once

#include <optional>
#include <string>

#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

/// tokenizer.ggml.bos_token_id, add_bos_token and add_eos_token. The id of the end stands in the file as the model's.
GgufValues prompt_values_of(const Tokenizer& tokenizer);

/// The same and tokenizer.chat_template as a tokenizer_config.json for `tokenizer`; empty if the file says nothing of
/// them. What is left open is as llama.cpp has it: a begin for "llama" and for the pre-tokenizer of Llama 3, an end for
/// "t5". Errors: an id outside the vocabulary.
std::string tokenizer_config_of(const GgufMetadata& metadata, const Tokenizer& tokenizer);

}  // namespace sequent
