#include "sequent/models/published_pieces.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Layout = NameRule::Layout;

Tensor counted(const Shape& shape) {
  const Tensor tensor = Tensor::empty(shape);
  std::iota(tensor.mutable_floats(), tensor.mutable_floats() + tensor.elements(), 0.0f);
  return tensor;
}
std::vector<float> values(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

TEST(PublishedPieces, PartsAreRows) {
  const Tensor whole = counted({4, 2});
  const Tensor second = cut_piece(whole, {"w", Layout::same, 1, 2, 0}, {2, 2});
  EXPECT_EQ(values(second), (std::vector<float>{4, 5, 6, 7}));
  EXPECT_EQ(second.raw(), whole.raw() + 16);
  EXPECT_EQ(values(cut_piece(counted({6}), {"b", Layout::same, 2, 3, 0}, {2})), (std::vector<float>{4, 5}));
}

TEST(PublishedPieces, TransposedPartsAreColumns) {
  // [inputs 2, outputs 6] of three parts.
  const Tensor whole = counted({2, 6});
  EXPECT_EQ(values(cut_piece(whole, {"w", Layout::transposed, 1, 3, 0}, {2, 2})), (std::vector<float>{2, 8, 3, 9}));
  // Vectors have nothing to transpose.
  EXPECT_EQ(values(cut_piece(counted({6}), {"b", Layout::transposed, 1, 3, 0}, {2})), (std::vector<float>{2, 3}));
  const Tensor large = counted({35, 70});
  const Tensor across = cut_piece(large, {"w", Layout::transposed, 0, 1, 0}, {70, 35});
  for (std::int64_t i = 0; i < 70; ++i) {
    for (std::int64_t j = 0; j < 35; ++j) ASSERT_EQ(across.floats()[i * 35 + j], large.floats()[j * 70 + i]);
  }
}

TEST(PublishedPieces, StacksHaveAnAxisMore) {
  // Three entries of two parts of one row.
  const Tensor whole = counted({3, 2, 2});
  EXPECT_EQ(values(cut_piece(whole, {"w", Layout::stacked, 1, 2, 2}, {1, 2})), (std::vector<float>{10, 11}));
  EXPECT_EQ(values(cut_piece(whole, {"w", Layout::stacked, 0, 1, 1}, {2, 2})), (std::vector<float>{4, 5, 6, 7}));
}

TEST(PublishedPieces, JoiningIsTheInverseOfCutting) {
  struct Case {
    Layout layout;
    std::int64_t parts, entries;
    Shape shape, whole;
  };
  for (const Case& c :
       {Case{Layout::same, 1, 1, {3, 2}, {3, 2}}, Case{Layout::same, 3, 1, {2}, {6}},
        Case{Layout::depthwise, 1, 1, {4, 3}, {4, 1, 3}}, Case{Layout::transposed, 1, 1, {4, 3}, {3, 4}},
        Case{Layout::transposed, 3, 1, {2, 5}, {5, 6}}, Case{Layout::transposed, 3, 1, {2}, {6}},
        Case{Layout::stacked, 1, 3, {2, 5}, {3, 2, 5}}, Case{Layout::stacked, 2, 3, {2, 5}, {3, 4, 5}}}) {
    const Tensor whole = counted(c.whole);
    std::vector<PublishedPiece> pieces;
    // In any order.
    for (std::int64_t part = c.parts - 1; part >= 0; --part) {
      for (std::int64_t entry = 0; entry < c.entries; ++entry) {
        const PublishedName name = {"w", c.layout, part, c.parts, entry};
        pieces.push_back({name, cut_piece(whole, name, c.shape)});
      }
    }
    const std::vector<NamedTensor> joined = join_pieces(std::move(pieces));
    ASSERT_EQ(joined.size(), 1u);
    EXPECT_EQ(joined[0].name, "w");
    EXPECT_EQ(joined[0].tensor.shape(), c.whole);
    EXPECT_EQ(values(joined[0].tensor), values(whole));
  }
}

TEST(PublishedPieces, RefusesOtherShapesAndMissingPieces) {
  EXPECT_EQ(test::error_of([] {
              cut_piece(counted({6, 2}), {"w", Layout::transposed, 0, 3, 0}, {2, 2});
            }),
            "load: w must be [2, 6], got [6, 2]");
  EXPECT_EQ(test::error_of([] {
              cut_piece(counted({3, 2, 2}), {"w", Layout::stacked, 0, 1, 3}, {2, 2});
            }),
            "load: w has 3 entries, 3 is asked for");
  EXPECT_EQ(test::error_of([] {
              cut_piece(counted({2, 3}), {"w", Layout::stacked, 0, 1, 0}, {2, 2});
            }),
            "load: w must be [2, 2, 2], got [2, 3]");
  const PublishedName second = {"w", Layout::same, 1, 2, 0};
  EXPECT_EQ(test::error_of([&] {
              join_pieces({{second, counted({2})}});
            }),
            "save: w lacks one of its parts, or they differ in shape");
  const PublishedName first = {"w", Layout::same, 0, 2, 0};
  EXPECT_EQ(test::error_of([&] { join_pieces({{first, counted({2})}}); }), "save: w lacks one of its parts");
  EXPECT_EQ(test::error_of([&] {
              join_pieces({{first, counted({2})}, {second, counted({3})}});
            }),
            "save: w lacks one of its parts, or they differ in shape");
}

}  // namespace
}  // namespace sequent
