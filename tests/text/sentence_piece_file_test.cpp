#include "sequent/text/sentence_piece_file.h"

#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "sequent/base/random.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Type = SentencePieceModel::Type;

std::string golden(const std::string& name) {
  return read_text(SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/" + name);
}

std::string refusal(const std::string& file) {
  return test::error_of([&] { read_sentence_piece_file(file, "file"); });
}

TEST(SentencePieceFile, ReadsWhatSentencePieceWrote) {
  const SentencePieceModel bpe = read_sentence_piece_file(golden("bpe.model"), "bpe");
  EXPECT_EQ(bpe.kind, SentencePieceModel::Kind::bpe);
  EXPECT_EQ(bpe.pieces.size(), 600u);
  EXPECT_TRUE(bpe.byte_fallback);
  EXPECT_TRUE(bpe.add_dummy_prefix);
  EXPECT_FALSE(bpe.remove_extra_whitespaces);
  EXPECT_TRUE(bpe.charsmap.empty());
  EXPECT_EQ(bpe.pieces[0].type, Type::unknown);
  EXPECT_EQ(bpe.pieces[1].text, "<s>");
  EXPECT_EQ(bpe.pieces[1].type, Type::control);
  EXPECT_EQ(bpe.pieces[3].text, "<0x00>");
  EXPECT_EQ(bpe.pieces[3].type, Type::byte);
  EXPECT_EQ(bpe.pieces[260].type, Type::normal);
  EXPECT_EQ(bpe.pieces[260].score, -1);
  const SentencePieceModel unigram = read_sentence_piece_file(golden("unigram.model"), "unigram");
  EXPECT_EQ(unigram.kind, SentencePieceModel::Kind::unigram);
  EXPECT_TRUE(unigram.remove_extra_whitespaces);
  EXPECT_GT(unigram.charsmap.size(), 1000u);
  EXPECT_EQ(unigram.pieces[0].text, "<pad>");
}

TEST(SentencePieceFile, IsTheSameWrittenAndReadAgain) {
  SentencePieceModel model{.pieces = {{"<unk>", 0, Type::unknown}, {"a", -1.5f, Type::normal}, {"b", 2, Type::unused}}};
  model.kind = SentencePieceModel::Kind::bpe;
  model.byte_fallback = true;
  model.unknown_text = "?";
  model.begin = "<begin>";
  model.end = "<end>";
  model.charsmap = std::string(300, '\0');
  model.add_dummy_prefix = model.remove_extra_whitespaces = model.escape_whitespaces = false;
  const std::string file = write_sentence_piece_file(model) + write_piece({"c", 0, Type::control});
  const SentencePieceModel read = read_sentence_piece_file(file, "file");
  ASSERT_EQ(read.pieces.size(), 4u);
  EXPECT_EQ(read.pieces[1].score, -1.5f);
  EXPECT_EQ(read.pieces[2].type, Type::unused);
  EXPECT_EQ(read.pieces[3].text, "c");
  EXPECT_EQ(read.kind, model.kind);
  EXPECT_TRUE(read.byte_fallback);
  EXPECT_EQ(read.unknown_text, "?");
  EXPECT_EQ(read.begin, "<begin>");
  EXPECT_EQ(read.end, "<end>");
  EXPECT_EQ(read.charsmap, model.charsmap);
  EXPECT_FALSE(read.add_dummy_prefix || read.remove_extra_whitespaces || read.escape_whitespaces);
}

TEST(SentencePieceFile, NamesWhatIsNotSupported) {
  const std::string piece = write_piece({"a", 0, Type::normal});
  EXPECT_EQ(refusal(piece + "\x12\x02\x18\x03"),
            "file: a SentencePiece model must be UNIGRAM (1) or BPE (2), 3 is not supported");
  EXPECT_EQ(refusal(piece + "\x12\x03\xC0\x01\x01"), "file: treat_whitespace_as_suffix is not supported");
  EXPECT_EQ(refusal(piece + "\x2A\x03\x12\x01x"), "file: rules for decoding (denormalizer_spec) are not supported");
}

TEST(SentencePieceFile, NamesWhatIsNotSuchAFile) {
  EXPECT_EQ(refusal(""), "file: a SentencePiece model must have pieces");
  EXPECT_EQ(refusal("\x0A\x05"), "file: not a SentencePiece model: 5 bytes announced where 0 are left");
  EXPECT_EQ(refusal("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"),
            "file: not a SentencePiece model: 9223372036854775807 bytes announced where 0 are left");
  EXPECT_EQ(refusal(std::string(12, '\xFF')), "file: not a SentencePiece model: a number of more than 64 bits");
  EXPECT_EQ(refusal("\x0B"), "file: not a SentencePiece model: field 1 has the type 3");
  EXPECT_EQ(refusal("\x08\x01"), "file: not a SentencePiece model: field 1 has the type 0");
  EXPECT_EQ(refusal(std::string("\0\0", 2)), "file: not a SentencePiece model: field number 0");
  EXPECT_EQ(refusal(std::string("\x0A\0", 2)), "file: piece 0 must not be empty");
  EXPECT_EQ(refusal("\x0A\x02\x18\x07"), "file: the type of piece 0 must be from 1 to 6, got 7");
}

TEST(SentencePieceFile, AnyDamageIsAnErrorOrAModel) {
  const std::string good = golden("bpe.model");
  const Random random(1, 0);
  int refused = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::string damaged = good;
    damaged[random.below(2 * i, damaged.size())] = static_cast<char>(random.below(2 * i + 1, 256));
    if (i % 3 == 0) damaged.resize(random.below(i, damaged.size()));
    try {
      read_sentence_piece_file(damaged, "file");
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace sequent
