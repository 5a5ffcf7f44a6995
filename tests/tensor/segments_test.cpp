#include "sequent/tensor/segments.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(Segments, SayWhereEachSequenceLies) {
  const std::vector<std::int64_t> lengths = {3, 1, 5};
  const Segments segments = Segments::of_lengths(lengths);
  EXPECT_EQ(segments.count(), 3);
  EXPECT_EQ(segments.tokens(), 9);
  EXPECT_EQ(segments.begin(1), 3);
  EXPECT_EQ(segments.end(1), 4);
  EXPECT_EQ(segments.length(2), 5);
  EXPECT_EQ((std::vector<std::int64_t>(segments.offsets().begin(), segments.offsets().end())),
            (std::vector<std::int64_t>{0, 3, 4, 9}));
}

TEST(Segments, NoneSingleAndUniform) {
  EXPECT_EQ(Segments().count(), 0);
  EXPECT_EQ(Segments().tokens(), 0);
  EXPECT_EQ(Segments::of_lengths({}).count(), 0);
  EXPECT_EQ(Segments::single(7).count(), 1);
  EXPECT_EQ(Segments::single(7).tokens(), 7);
  EXPECT_EQ(Segments::uniform(3, 4).count(), 3);
  EXPECT_EQ(Segments::uniform(3, 4).begin(2), 8);
  EXPECT_EQ(Segments::uniform(0, 4).tokens(), 0);
}

TEST(Segments, RefuseWrongOffsets) {
  EXPECT_THROW(Segments(std::vector<std::int64_t>{}), Error);
  EXPECT_THROW(Segments({1, 2}), Error);
  EXPECT_THROW(Segments({0, 2, 2}), Error);
  EXPECT_THROW(Segments({0, 3, 2}), Error);
  EXPECT_THROW(Segments::single(0), Error);
  EXPECT_THROW(Segments::single(-1), Error);
  EXPECT_THROW(Segments::uniform(2, 0), Error);
  EXPECT_THROW(Segments::uniform(-1, 4), Error);
  EXPECT_THROW(Segments::of_lengths(std::vector<std::int64_t>{2, 0}), Error);
}

TEST(Segments, RefuseTotalsThatOverflow) {
  const std::int64_t large = std::numeric_limits<std::int64_t>::max() / 2 + 1;
  EXPECT_THROW(Segments::of_lengths(std::vector<std::int64_t>{large, large}), Error);
  EXPECT_THROW(Segments::uniform(3, large), Error);
}

}  // namespace
}  // namespace sequent
