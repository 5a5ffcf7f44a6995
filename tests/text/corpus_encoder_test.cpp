#include "sequent/text/corpus_encoder.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::TemporaryDirectory;
using Documents = std::vector<std::string>;

struct Result {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> begins;
  std::int64_t text_bytes = 0;
  std::vector<std::int64_t> progress;
};

Result encoded(const Tokenizer& tokenizer, const Documents& documents) {
  const TemporaryDirectory directory;
  const std::string path = directory / "tokens.bin";
  Result result;
  write_file_atomically(path, [&](FileWriter& file) {
    TokenFileWriter writer(file, tokenizer.vocabulary_size());
    CorpusEncoder encoder(tokenizer, writer, [&](std::int64_t done) { result.progress.push_back(done); });
    for (const std::string& document : documents) encoder.add_document(document);
    encoder.finish();
    result.text_bytes = encoder.text_bytes();
    writer.finish(1, encoder.text_bytes());
  });
  const TokenFile file = TokenFile::open(path, 1).value();
  for (std::int64_t i = 0; i < file.tokens(); ++i) result.ids.push_back(file.token(i));
  for (std::int64_t i = 0; i < file.documents(); ++i) result.begins.push_back(file.document_begin(i));
  return result;
}

TEST(CorpusEncoder, WritesDocumentsInOrderEachAfterAnEndOfText) {
  const Result result = encoded(Tokenizer::bytes(), {"ab", "", "c<|endoftext|>", "d"});
  std::vector<std::int32_t> expected = {256, 'a', 'b', 256, 'c'};
  for (const char letter : std::string("<|endoftext|>")) expected.push_back(letter);
  expected.insert(expected.end(), {256, 'd'});
  EXPECT_EQ(result.ids, expected);
  EXPECT_EQ(result.begins, (std::vector<std::int64_t>{0, 3, 18}));
  EXPECT_EQ(result.text_bytes, 17);
  EXPECT_EQ(result.progress, std::vector<std::int64_t>{17});
}

// Where one token begins a text and another ends it, both stand between documents, and a document has one of each.
TEST(CorpusEncoder, WritesBothTokensBetweenDocumentsWhereThereAreTwo) {
  const Tokenizer tokenizer = Tokenizer::load(SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/bpe.json");
  ASSERT_EQ(tokenizer.begin_of_text(), 1);
  ASSERT_EQ(tokenizer.end_of_text(), 2);
  std::vector<std::int32_t> expected = {1};
  const auto add = [&](std::string_view text) {
    for (const std::int32_t id : tokenizer.encode(text)) expected.push_back(id);
  };
  add("a line\nand another");
  expected.insert(expected.end(), {2, 1});
  add("more");
  const Result result = encoded(tokenizer, {"a line\nand another", "more"});
  EXPECT_EQ(result.ids, expected);
  EXPECT_EQ(result.begins.size(), 2u);
  for (const std::int64_t begin : result.begins) EXPECT_EQ(result.ids[static_cast<std::size_t>(begin)], 1);
}

TEST(CorpusEncoder, ALongDocumentGivesTheIdsOfTheWhole) {
  const Tokenizer tokenizer = Tokenizer::load(SEQUENT_SOURCE_DIR "/tests/golden/text/trained_tokenizer.json");
  std::string text;
  for (std::uint64_t seed = 0; text.size() < 1'000'000; ++seed) text += test::random_text(seed, 300, true);
  std::vector<std::int32_t> expected = {tokenizer.end_of_text()};
  for (const std::int32_t id : tokenizer.encode(text)) expected.push_back(id);
  const int threads = thread_count();
  for (const int count : {1, 3}) {
    set_thread_count(count);
    const Result result = encoded(tokenizer, {text});
    EXPECT_EQ(result.ids, expected);
    EXPECT_EQ(result.begins, std::vector<std::int64_t>{0});
    EXPECT_EQ(result.text_bytes, static_cast<std::int64_t>(text.size()));
    EXPECT_EQ(result.progress.back(), static_cast<std::int64_t>(text.size()));
  }
  set_thread_count(threads);
}

TEST(CorpusEncoder, OfNothingWritesNothing) {
  const Result result = encoded(Tokenizer::bytes(), {});
  EXPECT_TRUE(result.ids.empty());
  EXPECT_TRUE(result.progress.empty());
  EXPECT_EQ(result.text_bytes, 0);
}

}  // namespace
}  // namespace sequent
