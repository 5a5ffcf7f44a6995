#include "sequent/text/sentence_piece_pipeline.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/text/byte_pieces.h"
#include "sequent/text/tokenizer.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Type = SentencePieceModel::Type;
using Kind = SentencePieceModel::Kind;
using Ids = std::vector<std::int32_t>;

SentencePieceModel small(Kind kind) {
  SentencePieceModel model{.pieces = {{"<unk>", 0, Type::unknown},
                                      {"<s>", 0, Type::control},
                                      {"</s>", 0, Type::control},
                                      {"\u2581", -3, Type::normal},
                                      {"a", -4, Type::normal},
                                      {"b", -4, Type::normal},
                                      {"ab", -2, Type::normal},
                                      {"\u2581"
                                       "ab",
                                       -1, Type::normal}}};
  model.kind = kind;
  return model;
}

Tokenizer tokenizer(const SentencePieceModel& model) {
  return Tokenizer::from_sentence_piece(write_sentence_piece_file(model));
}

std::string refusal(const SentencePieceModel& model) {
  return test::error_of([&] { tokenizer(model); });
}

TEST(SentencePieceTokenizer, EncodesAndDecodes) {
  for (const Kind kind : {Kind::bpe, Kind::unigram}) {
    const Tokenizer made = tokenizer(small(kind));
    EXPECT_EQ(made.encode("ab  abab"), (Ids{7, 7, 6}));
    EXPECT_EQ(made.decode(Ids{7, 7, 6}), "ab abab");
    EXPECT_EQ(made.encode("abxy"), (Ids{7, 0}));
    EXPECT_EQ(made.decode(Ids{1, 7, 0, 2}), "ab \u2047 ");
    EXPECT_EQ(made.decode(Ids{1, 7}, true), "<s> ab");
    EXPECT_EQ(made.begin_token(), "<s>");
    EXPECT_EQ(made.end_of_text(), 2);
    EXPECT_EQ(made.vocabulary_size(), 8);
  }
}

// "<s>" in a text is text, unless it is asked for.
TEST(SentencePieceTokenizer, ControlPiecesAreSpecialTokens) {
  const Tokenizer made = tokenizer(small(Kind::bpe));
  EXPECT_EQ(made.encode("<s>ab", true), (Ids{1, 7}));
  EXPECT_EQ(made.encode("<s>ab"), (Ids{3, 0, 6}));
  EXPECT_TRUE(made.is_special(1));
  EXPECT_EQ(made.special_token("</s>"), 2);
}

TEST(SentencePieceTokenizer, UserDefinedPiecesAreAlwaysFound) {
  for (const Kind kind : {Kind::bpe, Kind::unigram}) {
    SentencePieceModel model = small(kind);
    model.pieces.push_back({"bx", 0, Type::user_defined});  // 8
    EXPECT_EQ(tokenizer(model).encode("abx"), (Ids{3, 4, 8}));
  }
}

TEST(SentencePieceTokenizer, SpellsWhatIsUnknown) {
  SentencePieceModel model = small(Kind::bpe);
  model.byte_fallback = true;
  EXPECT_EQ(refusal(model), "tokenizer.model: with byte_fallback there must be a piece for every byte");
  for (int byte = 0; byte < 256; ++byte) model.pieces.push_back({byte_piece(static_cast<char>(byte)), 0, Type::byte});
  const Tokenizer made = tokenizer(model);
  EXPECT_EQ(made.encode("ab\u00e9"), (Ids{7, 8 + 0xC3, 8 + 0xA9}));
  EXPECT_EQ(made.decode(made.encode("ab\u00e9")), "ab\u00e9");
  EXPECT_EQ(made.token_bytes(8 + 0xC3), "\xC3");
}

TEST(SentencePieceTokenizer, FurtherSpecialTokensAreWrittenIntoItsFile) {
  const Tokenizer more = tokenizer(small(Kind::unigram)).with_special_tokens(std::vector<std::string>{"<x>", "</s>"});
  EXPECT_EQ(more.vocabulary_size(), 9);
  EXPECT_EQ(more.encode("ab<x>", true), (Ids{7, 8}));
  const test::TemporaryDirectory directory;
  more.save(directory.path());
  const Tokenizer loaded = Tokenizer::load(directory.path());
  EXPECT_EQ(loaded.file_name(), "tokenizer.model");
  EXPECT_EQ(loaded.special_token("<x>"), 8);
  EXPECT_EQ(loaded.fingerprint(), more.fingerprint());
}

TEST(SentencePieceTokenizer, NamesWhatIsWrong) {
  const std::string name = "tokenizer.model: ";
  SentencePieceModel model = small(Kind::bpe);
  model.pieces[4].score = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(refusal(model), name + "the score of piece 4 must be a number, got nan");
  model = small(Kind::bpe);
  model.pieces[4].text = "b";
  EXPECT_EQ(refusal(model), name + "the piece \"b\" must not be there twice");
  model = small(Kind::bpe);
  model.pieces[4].type = Type::unknown;
  EXPECT_EQ(refusal(model), name + "there must be one unknown piece, got 0 and 4");
  model = small(Kind::bpe);
  model.pieces[0].type = Type::normal;
  EXPECT_EQ(refusal(model), name + "there must be an unknown piece");
  model = small(Kind::bpe);
  model.pieces[4].type = Type::byte;
  EXPECT_EQ(refusal(model), name + "the piece \"a\" must not be a byte");
  model = small(Kind::bpe);
  model.pieces[4].type = Type::unused;
  EXPECT_EQ(refusal(model), name + "unused pieces are not supported in BPE");
  model = small(Kind::bpe);
  model.pieces[4].text = std::string(513, 'a');
  EXPECT_EQ(refusal(model), name + "a piece must have at most 512 bytes, got 513");
}

}  // namespace
}  // namespace sequent
