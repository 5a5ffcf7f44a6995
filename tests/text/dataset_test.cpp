#include "sequent/text/dataset.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;

TokenDataset open(const TemporaryDirectory& directory, const Tokenizer& tokenizer = Tokenizer::bytes()) {
  const std::filesystem::path data = directory / "data";
  return TokenDataset::open(Corpus(std::span(&data, 1)), tokenizer, directory / "cache");
}

void put(const TemporaryDirectory& directory, const std::string& name, std::string_view text) {
  std::filesystem::create_directories(directory.path() / "data");
  write_file_atomically((directory.path() / "data" / name).string(), text);
}

std::vector<std::int32_t> tokens_of(const TokenView& view) {
  std::vector<std::int32_t> ids;
  view.append(0, view.size(), ids);
  return ids;
}

std::string cache_file(const TemporaryDirectory& directory) {
  const auto names = TemporaryDirectory::names_in(directory.path() / "cache");
  EXPECT_EQ(names.size(), 1u);
  return (directory.path() / "cache" / names.at(0)).string();
}

TEST(TokenDataset, PutsEndOfTextBeforeEveryDocument) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", "abc");
  put(directory, "b.jsonl", "{\"text\": \"\"}\n{\"text\": \"d\"}\n{\"text\": \"ef\"}\n");
  const TokenDataset dataset = open(directory);
  EXPECT_EQ(tokens_of(dataset.all()), (std::vector<std::int32_t>{256, 'a', 'b', 'c', 256, 'd', 256, 'e', 'f'}));
  EXPECT_EQ(dataset.tokens(), 9);
  EXPECT_EQ(dataset.bytes(), 6);
  ASSERT_EQ(dataset.documents(), 3);
  EXPECT_EQ(dataset.document_begin(0), 0);
  EXPECT_EQ(dataset.document_begin(1), 4);
  EXPECT_EQ(dataset.document_begin(2), 6);
  EXPECT_EQ(dataset.all().text_bytes(0, 9), 6);
  EXPECT_EQ(dataset.all().text_bytes(3, 5), 1);
  EXPECT_EQ(dataset.view(4, 8).text_bytes(1, 3), 1);
}

TEST(TokenDataset, HoldsOutTheLastPart) {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 26);
  put(directory, "a.txt", text);
  const TokenDataset dataset = open(directory);
  const auto [training, held_out] = dataset.split(0.1);
  EXPECT_EQ(training.begin(), 0);
  EXPECT_NEAR(static_cast<double>(training.size() - 1), 900, 1);
  EXPECT_EQ(held_out.begin(), training.end());
  EXPECT_EQ(held_out.end(), dataset.tokens());
  EXPECT_EQ(dataset.split(0).second.size(), 0);
  EXPECT_EQ(error_of([&] { dataset.split(1); }), "data: the fraction held out must be from 0 to below 1, got 1");
  EXPECT_THROW(dataset.split(-0.1), Error);
}

TEST(TokenDataset, KeepsTheMappedFileAliveInViews) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", "abc");
  const TokenView view = open(directory).view(1, 3);
  EXPECT_EQ(tokens_of(view), (std::vector<std::int32_t>{'a', 'b'}));
  EXPECT_EQ(view.token(1), 'b');
  EXPECT_THROW(view.token(2), Error);
  EXPECT_THROW(view.text_bytes(0, 3), Error);
}

TEST(TokenDataset, LongDocumentsAreCutForEncodingOnly) {
  const TemporaryDirectory directory;
  const std::string text = test::random_bytes(1, 1'000'000);
  put(directory, "a.jsonl", "{\"text\": \"short\"}\n");
  std::string printable;
  for (const char c : text) printable += static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
  put(directory, "b.txt", printable);
  put(directory, "c.txt", "end");
  for (const int threads : {1, 2, 3}) {
    std::filesystem::remove_all(directory.path() / "cache");
    const int before = thread_count();
    set_thread_count(threads);
    const TokenDataset dataset = open(directory);
    set_thread_count(before);
    const std::vector<std::int32_t> ids = tokens_of(dataset.all());
    ASSERT_EQ(ids.size(), 1 + 5 + 1 + printable.size() + 1 + 3);
    EXPECT_EQ(Tokenizer::bytes().decode(ids), "short" + printable + "end");
    EXPECT_EQ(dataset.documents(), 3);
    EXPECT_EQ(dataset.document_begin(2), static_cast<std::int64_t>(ids.size()) - 4);
  }
}

TEST(TokenDataset, CutsOfLongDocumentsDoNotShowInTheTokens) {
  const TemporaryDirectory directory;
  std::string text;
  for (std::uint64_t seed = 0; text.size() < 1'000'000; ++seed) text += test::random_text(seed, 300, true);
  std::erase(text, '\0');
  put(directory, "a.txt", text);
  const Tokenizer tokenizer = Tokenizer::load(SEQUENT_SOURCE_DIR "/tests/golden/text/trained_tokenizer.json");
  std::vector<std::int32_t> expected = tokenizer.encode(text);
  expected.insert(expected.begin(), tokenizer.end_of_text());
  const TokenDataset dataset = open(directory, tokenizer);
  EXPECT_EQ(tokens_of(dataset.all()), expected);
  EXPECT_EQ(dataset.bytes(), static_cast<std::int64_t>(text.size()));
}

TEST(TokenDataset, TakesFourBytesForLargeVocabularies) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", "abc");
  std::string json = Tokenizer::bytes().file();
  const std::string before = "\"added_tokens\": [";
  json.insert(json.find(before) + before.size(), "{\"id\": 70000, \"content\": \"bc\"},");
  const Tokenizer tokenizer = Tokenizer::from_json(json);
  for (int time = 0; time < 2; ++time) {
    const TokenDataset dataset = open(directory, tokenizer);
    EXPECT_EQ(dataset.from_cache(), time == 1);
    EXPECT_EQ(tokens_of(dataset.all()), (std::vector<std::int32_t>{256, 'a', 70000}));
    EXPECT_EQ(dataset.bytes(), 3);
    EXPECT_EQ(dataset.document_begin(0), 0);
  }
}

TEST(TokenDataset, ReusesItsCacheUntilSomethingChanges) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", "abc");
  EXPECT_FALSE(open(directory).from_cache());
  EXPECT_TRUE(open(directory).from_cache());
  put(directory, "a.txt", "abd");
  EXPECT_FALSE(open(directory).from_cache());
  put(directory, "a.txt", "abc");
  EXPECT_TRUE(open(directory).from_cache());
  std::string json = Tokenizer::bytes().file();
  EXPECT_FALSE(open(directory, Tokenizer::from_json(json + "\n")).from_cache());
}

TEST(TokenDataset, RebuildsADamagedCache) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", "some text to tokenise");
  const std::vector<std::int32_t> expected = tokens_of(open(directory).all());
  const std::string path = cache_file(directory);
  const std::string good = read_text(path);
  std::vector<std::string> damaged = {"", "short", good + "x", std::string(good.size(), '\0')};
  for (std::size_t length = 1; length < good.size(); length += 7) damaged.push_back(good.substr(0, length));
  for (std::size_t at = 0; at < good.size(); at += 3) {
    damaged.push_back(good);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
  }
  for (const std::string& bytes : damaged) {
    write_file_atomically(path, bytes);
    const TokenDataset dataset = open(directory);
    ASSERT_FALSE(dataset.from_cache());
    ASSERT_EQ(tokens_of(dataset.all()), expected);
    ASSERT_EQ(read_text(path), good);
  }
}

TEST(TokenDataset, LeavesNothingBehindWhenItFails) {
  const TemporaryDirectory directory;
  put(directory, "a.jsonl", "{\"text\": \"good\"}\nbad\n");
  EXPECT_NE(error_of([&] { open(directory); }).find("a.jsonl:2"), std::string::npos);
  EXPECT_TRUE(TemporaryDirectory::names_in(directory.path() / "cache").empty());
  put(directory, "a.jsonl", "{\"text\": \"\"}\n\n");
  EXPECT_NE(error_of([&] { open(directory); }).find("there is no text in"), std::string::npos);
}

TEST(TokenDataset, SaysWhenTheDiskIsFull) {
  const TemporaryDirectory directory;
  put(directory, "a.txt", std::string(300'000, 'a'));
  {
    const test::FileSizeLimit limit(100'000);
    EXPECT_NE(error_of([&] { open(directory); }).find("cannot write"), std::string::npos);
  }
  EXPECT_TRUE(TemporaryDirectory::names_in(directory.path() / "cache").empty());
  EXPECT_EQ(open(directory).tokens(), 300'001);
}

}  // namespace
}  // namespace sequent
