#include "sequent/text/batches.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;

constexpr std::int32_t kEndOfText = 256;

// A dataset of documents of the given lengths, whose letters count up through the whole of it.
class Data {
 public:
  explicit Data(const std::vector<int>& lengths) {
    std::string lines;
    int letter = 0;
    for (const int length : lengths) {
      lines += "{\"text\": \"";
      for (int i = 0; i < length; ++i) lines += static_cast<char>('a' + letter++ % 26);
      lines += "\"}\n";
    }
    const std::filesystem::path path = directory_ / "data.jsonl";
    write_file_atomically(path.string(), lines);
    dataset_.emplace(TokenDataset::open(Corpus(std::span(&path, 1)), Tokenizer::bytes(), directory_ / "cache"));
  }
  const TokenView& view() const { return dataset_->all(); }

 private:
  test::TemporaryDirectory directory_;
  std::optional<TokenDataset> dataset_;
};

void expect_rows(const Batch& batch, const TokenView& view, const std::vector<std::int64_t>& begins,
                 const std::vector<std::int64_t>& lengths) {
  std::vector<std::int32_t> inputs, targets;
  std::vector<std::int64_t> offsets = {0};
  for (std::size_t row = 0; row < begins.size(); ++row) {
    const std::int64_t begin = begins[row], end = begin + lengths[row];
    const auto first = static_cast<std::int64_t>(inputs.size());
    view.append(begin, end, inputs);
    view.append(begin + 1, end + 1, targets);
    for (std::int64_t i = begin + 1; i < end; ++i) {
      if (view.token(i) == kEndOfText) offsets.push_back(first + i - begin);
    }
    offsets.push_back(static_cast<std::int64_t>(inputs.size()));
  }
  EXPECT_EQ(batch.inputs, inputs);
  EXPECT_EQ(batch.targets, targets);
  EXPECT_EQ(std::vector<std::int64_t>(batch.segments.offsets().begin(), batch.segments.offsets().end()), offsets);
}

TEST(BatchSampler, VisitsEveryWindowOfAnEpochOnce) {
  const Data data({50, 3, 200, 1, 1, 77});
  for (const std::int64_t context : {1, 2, 7, 16, 100, 300}) {
    const BatchSampler sampler(data.view(), 3, context, 42);
    std::set<std::int64_t> phases;
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
      std::set<std::int64_t> begins;
      for (std::int64_t place = 0; place < sampler.windows(); ++place) {
        const std::int64_t begin = sampler.window_begin(epoch, place);
        ASSERT_GE(begin, 0);
        ASSERT_LE(begin + context + 1, data.view().size());
        begins.insert(begin);
      }
      ASSERT_EQ(static_cast<std::int64_t>(begins.size()), sampler.windows());
      // End to end: no token is an input twice, and less than two windows' worth of tokens is left out.
      ASSERT_EQ(*begins.rbegin() - *begins.begin(), (sampler.windows() - 1) * context);
      ASSERT_GT(sampler.windows() * context + 2 * context, data.view().size() - 1);
      phases.insert(*begins.begin());
    }
    if (context >= 7) {
      EXPECT_GT(phases.size(), 1u) << context;
    }
  }
}

TEST(BatchSampler, IsAFunctionOfSeedAndStep) {
  const Data data({500});
  const BatchSampler one(data.view(), 4, 8, 1), same(data.view(), 4, 8, 1), other(data.view(), 4, 8, 2);
  const Batch late = same.training_batch(1000);
  EXPECT_EQ(one.training_batch(7).inputs, same.training_batch(7).inputs);
  EXPECT_EQ(one.training_batch(1000).inputs, late.inputs);
  EXPECT_NE(one.training_batch(7).inputs, other.training_batch(7).inputs);
  EXPECT_NE(one.training_batch(7).inputs, one.training_batch(8).inputs);
}

TEST(BatchSampler, RowsAreWindowsCutAtDocuments) {
  const Data data({5, 1, 30, 2, 2, 2, 60});
  const BatchSampler sampler(data.view(), 3, 10, 9);
  for (std::int64_t step = 0; step < 20; ++step) {
    std::vector<std::int64_t> begins;
    for (std::int64_t number = 3 * step; number < 3 * step + 3; ++number) {
      begins.push_back(sampler.window_begin(number / sampler.windows(), number % sampler.windows()));
    }
    expect_rows(sampler.training_batch(step), data.view(), begins, {10, 10, 10});
  }
}

TEST(BatchSampler, SaysWhenThereIsTooLittle) {
  const Data data({39});
  EXPECT_EQ(error_of([&] { BatchSampler(data.view(), 1, 64, 0); }), "data: 40 tokens are too few for a context of 64");
  EXPECT_EQ(error_of([&] { BatchSampler(data.view(), 1, 40, 0); }), "data: 40 tokens are too few for a context of 40");
  expect_rows(BatchSampler(data.view(), 2, 39, 0).training_batch(5), data.view(), {0, 0}, {39, 39});
  EXPECT_EQ(error_of([&] { BatchSampler(data.view(), 0, 4, 0); }), "data: the batch must be at least 1, got 0");
  EXPECT_EQ(error_of([&] { BatchSampler(data.view(), 1, -4, 0); }), "data: the context must be at least 1, got -4");
  EXPECT_EQ(error_of([&] { BatchSampler(data.view(), 1, 4, 0).training_batch(-1); }),
            "data: the step must not be negative, got -1");
}

TEST(ContinuingReader, RowsGoOnFromStepToStep) {
  const Data data({5, 14, 30, 9, 2, 60});
  const TokenView& view = data.view();
  const ContinuingReader reader(view, 3, 8);
  EXPECT_EQ(reader.stride(), (view.size() - 1) / 3);
  for (std::int64_t step = 0; step < 3 * reader.steps_per_epoch(); ++step) {
    const std::int64_t s = step % reader.steps_per_epoch();
    const ContinuingBatch batch = reader.continuing_batch(step);
    std::vector<std::int64_t> begins;
    for (std::int64_t row = 0; row < 3; ++row) begins.push_back(row * reader.stride() + s * 8);
    expect_rows(batch, view, begins, {8, 8, 8});
    ASSERT_EQ(static_cast<std::int64_t>(batch.continues.size()), batch.segments.count());
    ASSERT_EQ(static_cast<std::int64_t>(batch.row_of_segment.size()), batch.segments.count());
    for (std::int64_t i = 0; i < batch.segments.count(); ++i) {
      const std::int64_t begin = batch.segments.begin(i);
      EXPECT_EQ(batch.row_of_segment[static_cast<std::size_t>(i)], begin / 8);
      const bool fresh = s == 0 || begin % 8 != 0 || batch.inputs[static_cast<std::size_t>(begin)] == kEndOfText;
      EXPECT_EQ(batch.continues[static_cast<std::size_t>(i)], !fresh);
    }
  }
}

TEST(ContinuingReader, SaysWhenThereIsTooLittle) {
  const Data data({39});
  EXPECT_EQ(error_of([&] { ContinuingReader(data.view(), 4, 10); }),
            "data: 40 tokens are too few for 4 rows with a context of 10");
  EXPECT_EQ(ContinuingReader(data.view(), 3, 13).steps_per_epoch(), 1);
}

TEST(EvaluationReader, HasEveryTokenButTheFirstAsTargetOnce) {
  const Data data({5, 14, 30, 9, 2, 60});
  const TokenView& view = data.view();
  for (const std::int64_t context : {1, 8, 31, 500}) {
    for (const std::int64_t batch_size : {1, 4}) {
      const EvaluationReader reader(view, batch_size, context);
      std::vector<std::int32_t> targets;
      std::int64_t begin = 0;
      for (std::int64_t i = 0; i < reader.batches(); ++i) {
        const Batch batch = reader.batch(i);
        std::vector<std::int64_t> begins, lengths;
        for (std::int64_t row = 0; row < batch_size && begin < view.size() - 1; ++row) {
          begins.push_back(begin);
          lengths.push_back(std::min(context, view.size() - 1 - begin));
          begin += lengths.back();
        }
        expect_rows(batch, view, begins, lengths);
        targets.insert(targets.end(), batch.targets.begin(), batch.targets.end());
      }
      std::vector<std::int32_t> expected;
      view.append(1, view.size(), expected);
      EXPECT_EQ(targets, expected);
      EXPECT_EQ(reader.text_bytes(), 120);
    }
  }
}

}  // namespace
}  // namespace sequent
