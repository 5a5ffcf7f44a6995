#include "sequent/text/bpe_trainer.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "sequent/text/gpt2_splitter.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::error_of;

Tokenizer train(std::string_view text, std::int64_t vocabulary_size, std::int64_t minimum_count = 2) {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "corpus.txt";
  write_file_atomically(path.string(), text);
  return train_bpe(Corpus(std::span(&path, 1)),
                   {.vocabulary_size = vocabulary_size, .minimum_count = minimum_count, .progress = {}});
}

std::vector<std::string> merges_of(const Tokenizer& tokenizer) {
  return nlohmann::json::parse(tokenizer.file())["model"]["merges"].get<std::vector<std::string>>();
}

/// The definition: count all pairs from the start for every merge. Ids as in the trainer: 0, the bytes by character,
/// the merges.
std::vector<std::pair<std::int32_t, std::int32_t>> merges_by_definition(std::string_view text, const Tokenizer& trained,
                                                                        std::size_t count) {
  std::vector<std::vector<std::int32_t>> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = gpt2_piece_end(text, begin);
    std::vector<std::int32_t> word;
    for (const char byte : text.substr(begin, end - begin)) {
      for (std::int32_t id = 1; id <= 256; ++id) {
        if (trained.token_bytes(id) == std::string_view(&byte, 1)) word.push_back(id);
      }
    }
    words.push_back(word);
    begin = end;
  }
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;
  for (std::int32_t next = 257; merges.size() < count; ++next) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const auto& word : words) {
      for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    }
    std::pair<std::int32_t, std::int32_t> best;
    int most = 0;
    for (const auto& [pair, times] : counts) {
      if (times <= most) continue;
      most = times;
      best = pair;
    }
    if (most < 2) break;
    merges.push_back(best);
    for (auto& word : words) {
      std::vector<std::int32_t> merged;
      for (std::size_t i = 0; i < word.size(); ++i) {
        const bool here = i + 1 < word.size() && std::pair(word[i], word[i + 1]) == best;
        merged.push_back(here ? next : word[i]);
        i += here;
      }
      word = merged;
    }
  }
  return merges;
}

TEST(BpeTrainer, EqualsItsDefinition) {
  // No letter repeats within a word, so that no two pairs make the same token and every pair counted can be merged.
  std::string text;
  const Random random(3, 1);
  for (std::uint64_t i = 0; i < 400; ++i) {
    std::string word = "abcdefghij";
    for (std::size_t at = 0; at < 9; ++at) std::swap(word[at], word[at + random.below(20 * i + at, 10 - at)]);
    text += word.substr(0, 2 + random.below(20 * i + 15, 4)) + (i % 7 == 0 ? "\n" : " ");
  }
  const Tokenizer trained = train(text, 320);
  const auto expected = merges_by_definition(text, trained, 63);
  ASSERT_EQ(expected.size(), 63u);
  ASSERT_EQ(trained.vocabulary_size(), 320);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string whole =
        std::string(trained.token_bytes(expected[i].first)) + std::string(trained.token_bytes(expected[i].second));
    EXPECT_EQ(trained.token_bytes(static_cast<std::int32_t>(257 + i)), whole) << i;
  }
}

TEST(BpeTrainer, DoesNotDependOnThreads) {
  std::string text;
  for (std::uint64_t seed = 0; seed < 300; ++seed) text += test::random_text(seed, 200, true) + " word\nanother";
  for (int i = 0; i < 60; ++i) text += text.substr(0, 10'000) + "x\n";
  const int before = thread_count();
  std::string first;
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    const std::string json = train(text, 500).file();
    if (first.empty()) first = json;
    EXPECT_EQ(json, first);
  }
  set_thread_count(before);
}

TEST(BpeTrainer, RoundTripsAnyBytes) {
  std::string text;
  for (std::uint64_t seed = 0; seed < 100; ++seed) text += test::random_text(seed, 100, true);
  const Tokenizer tokenizer = train(text, 600);
  EXPECT_EQ(tokenizer.vocabulary_size(), 600);
  EXPECT_EQ(tokenizer.end_of_text(), 0);
  std::vector<std::string> texts = test::hard_texts();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    texts.push_back(test::random_bytes(seed, 300));
    texts.push_back(test::random_text(seed, 100, true));
  }
  for (const std::string& each : texts) {
    const std::vector<std::int32_t> ids = tokenizer.encode(each);
    ASSERT_EQ(tokenizer.decode(ids), each);
    std::int64_t bytes = 0;
    for (const std::int32_t id : ids) bytes += tokenizer.text_bytes(id);
    ASSERT_EQ(bytes, static_cast<std::int64_t>(each.size()));
  }
  EXPECT_LT(tokenizer.encode(text).size() * 3, text.size() * 2);
}

TEST(BpeTrainer, StopsWhenNoPairIsFrequentEnough) {
  const Tokenizer tokenizer = train("ab\nab\nab\nac\nac\nxy", 1000);
  EXPECT_EQ(merges_of(tokenizer), (std::vector<std::string>{"a b", "a c"}));
  EXPECT_EQ(tokenizer.vocabulary_size(), 259);
  EXPECT_EQ(merges_of(train("ab\nab\nab\nac\nac\nxy", 1000, 3)), (std::vector<std::string>{"a b"}));
  EXPECT_EQ(merges_of(train("ab\nab\nab\nac\nac\nxy", 1000, 1)), (std::vector<std::string>{"a b", "a c", "x y"}));
}

TEST(BpeTrainer, HandlesRepeatedSymbols) {
  const Tokenizer tokenizer = train("aaaaa aaaaa aaaaaaa", 400);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("aaaaaaaaa aaa")), "aaaaaaaaa aaa");
}

TEST(BpeTrainer, ReportsProgress) {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "corpus.txt";
  write_file_atomically(path.string(), "ab ab ab ac ac");
  BpeTrainingProgress last = {};
  int reports = 0;
  train_bpe(Corpus(std::span(&path, 1)), {.vocabulary_size = 259, .progress = [&](const BpeTrainingProgress& progress) {
                                            EXPECT_GE(progress.bytes_done, last.bytes_done);
                                            EXPECT_GE(progress.merges_done, last.merges_done);
                                            last = progress;
                                            ++reports;
                                          }});
  EXPECT_GE(reports, 2);
  EXPECT_EQ(last.bytes_done, 14);
  EXPECT_EQ(last.bytes_total, 14);
  EXPECT_EQ(last.merges_done, 2);
  EXPECT_EQ(last.merges_total, 2);
}

TEST(BpeTrainer, NamesSizesOutOfRange) {
  EXPECT_EQ(error_of([] { train("text", 256); }),
            "tokenizer: the vocabulary size must be from 257 to 16777216, got 256");
  EXPECT_EQ(error_of([] { train("text", 300, 0); }), "tokenizer: the minimum count must be at least 1, got 0");
  EXPECT_EQ(train("text text text", 257).vocabulary_size(), 257);
}

}  // namespace
}  // namespace sequent
