#include "sequent/text/span_batches.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

const SpanMarks kMarks = {.sentinels = {303, 302, 301, 300}, .end_of_text = 256, .start = 256};

Batch batch_of(const std::vector<std::vector<std::int32_t>>& sequences) {
  Batch batch;
  std::vector<std::int64_t> lengths;
  for (const auto& sequence : sequences) {
    batch.inputs.insert(batch.inputs.end(), sequence.begin(), sequence.end());
    lengths.push_back(static_cast<std::int64_t>(sequence.size()));
  }
  batch.segments = Segments::of_lengths(lengths);
  return batch;
}

TEST(SpanBatches, EverySequenceIsCorruptedByItself) {
  const std::vector<std::int32_t> first = {256, 1, 2, 3, 4, 5, 6, 7, 8}, second = {11, 12};
  const EncoderDecoderBatch batch = corrupt_batch(batch_of({first, second}), kMarks, 7);
  ASSERT_EQ(batch.encoder_segments.count(), 2);
  ASSERT_EQ(batch.decoder_segments.count(), 2);
  EXPECT_EQ(batch.text_tokens, 8 + 2);
  const auto part = [](const std::vector<std::int32_t>& ids, const Segments& segments, std::int64_t i) {
    return std::vector<std::int32_t>(ids.begin() + segments.begin(i), ids.begin() + segments.end(i));
  };
  const std::vector<std::vector<std::int32_t>> texts = {{1, 2, 3, 4, 5, 6, 7, 8}, {11, 12}};
  for (std::int64_t i = 0; i < 2; ++i) {
    const auto targets = part(batch.targets, batch.decoder_segments, i);
    EXPECT_EQ(fill_blanks(part(batch.encoder_ids, batch.encoder_segments, i), targets, kMarks.sentinels, 256),
              texts[static_cast<std::size_t>(i)]);
    // What the decoder reads is what it has to write, one place later.
    std::vector<std::int32_t> expected = {256};
    expected.insert(expected.end(), targets.begin(), targets.end() - 1);
    EXPECT_EQ(part(batch.decoder_ids, batch.decoder_segments, i), expected);
  }
}

TEST(SpanBatches, LeavesOutWhatHasNothingToCut) {
  const EncoderDecoderBatch batch = corrupt_batch(batch_of({{256, 1}, {256}, {5}, {1, 2, 3}}), kMarks, 7);
  EXPECT_EQ(batch.encoder_segments.count(), 1);
  EXPECT_EQ(batch.text_tokens, 3);
  EXPECT_TRUE(corrupt_batch(batch_of({{256, 1}}), kMarks, 7).targets.empty());
}

TEST(SpanBatches, TheSeedDecidesWhere) {
  std::vector<std::int32_t> text(50);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::int32_t>(i);
  const auto ids = [&](std::uint64_t seed) { return corrupt_batch(batch_of({text}), kMarks, seed).encoder_ids; };
  EXPECT_EQ(ids(1), ids(1));
  EXPECT_NE(ids(1), ids(2));
}

}  // namespace
}  // namespace sequent
