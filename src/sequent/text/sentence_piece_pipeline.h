// A tokenizer from a model of SentencePiece. Private to this room.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sequent/text/sentence_piece_file.h"
#include "sequent/text/tokenizer_pipeline.h"

namespace sequent {

/// Reads a file of SentencePiece; `file_name` is the one under which it is saved. Gives the ids that SentencePiece
/// gives. Errors begin with `name`.
std::shared_ptr<TokenizerPipeline> read_sentence_piece_tokenizer(std::string file, std::string file_name,
                                                                 std::string_view name);

}  // namespace sequent
