// The files of SentencePiece ("spiece.model", "tokenizer.model"): a vocabulary with scores and what is done to a text
// before. They are messages in the wire format of Protocol Buffers, of which only what is needed here is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sequent {

struct SentencePieceModel {
  enum class Kind : std::uint8_t { unigram = 1, bpe = 2 };
  enum class Type : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
  struct Entry {
    std::string text;
    float score = 0;
    Type type = Type::normal;
  };

  std::vector<Entry> pieces = {};  // by id
  Kind kind = Kind::unigram;
  bool byte_fallback = false;               // an unknown character is spelled by the pieces "<0x00>"...
  std::string unknown_text = " \u2047 ";    // what the unknown piece is decoded to
  std::string begin = "<s>", end = "</s>";  // the pieces that begin and end a text, where there are such

  std::string charsmap = {};  // see Charsmap; empty: characters stay as they are
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

/// Errors begin with `name`: what is not such a message, and what is not supported (models of words or characters,
/// spaces behind words, rules for decoding).
SentencePieceModel read_sentence_piece_file(std::string_view file, std::string_view name);

/// The inverse, as SentencePiece reads it.
std::string write_sentence_piece_file(const SentencePieceModel& model);

/// A piece as it stands in a file. Behind a file, it is one piece more.
std::string write_piece(const SentencePieceModel::Entry& entry);

}  // namespace sequent
