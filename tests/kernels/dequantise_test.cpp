#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "sequent/base/half.h"
#include "sequent/checkpoint/tensor_file.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/reference/quantisation.h"
#include "tests/support/files.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

std::vector<float> floats_of(DType type, const void* from, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  kernels::dequantise(kernels::Cpu{}, {.type = type, .from = from, .to = values.data(), .count = count});
  return values;
}

std::vector<float> reference_floats_of(DType type, const void* from, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  kernels::reference::dequantise({.type = type, .from = from, .to = values.data(), .count = count});
  return values;
}

class BlockTypes : public testing::TestWithParam<DType> {};

// The values that the gguf package of llama.cpp gives, bit for bit, on every target and at any address.
TEST_P(BlockTypes, HaveTheValuesOfGguf) {
  const TensorFile golden = TensorFile::open(SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/gguf_blocks.safetensors");
  const std::string name(name_of(GetParam()));
  const Tensor bytes = golden.tensor(name + ".bytes"), values = golden.tensor(name + ".values");
  const std::vector<float> expected(values.floats(), values.floats() + values.elements());
  EXPECT_EQ(reference_floats_of(GetParam(), bytes.raw(), values.elements()), expected);
  std::vector<std::byte> shifted(static_cast<std::size_t>(bytes.bytes()) + 3);
  test::for_each_simd_target([&] {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      std::memcpy(shifted.data() + shift, bytes.raw(), static_cast<std::size_t>(bytes.bytes()));
      EXPECT_EQ(floats_of(GetParam(), shifted.data() + shift, values.elements()), expected) << shift;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(All, BlockTypes,
                         testing::Values(DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k),
                         [](const auto& instance) { return std::string(name_of(instance.param)); });

TEST(Dequantise, TakesAllSixteenBitPatternsAndAnyCount) {
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  const auto same_bits = [](const std::vector<float>& a, const std::vector<float>& b) {
    std::int64_t different = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      // Which NaN a processor makes of a signalling one is its own affair.
      if (!(std::isnan(a[i]) && std::isnan(b[i])) && std::memcmp(&a[i], &b[i], 4) != 0) ++different;
    }
    return different == 0 && a.size() == b.size();
  };
  test::for_each_simd_target([&] {
    for (const DType type : {DType::f16, DType::bf16}) {
      const auto expected = reference_floats_of(type, bits.data(), 65536);
      EXPECT_TRUE(same_bits(floats_of(type, bits.data(), 65536), expected)) << name_of(type);
      for (const std::int64_t count : {0, 1, 3, 7, 8, 15, 16, 17, 33, 255, 257}) {
        const std::vector<float> first(expected.begin() + 1000, expected.begin() + 1000 + count);
        EXPECT_TRUE(same_bits(floats_of(type, bits.data() + 1000, count), first)) << name_of(type) << ' ' << count;
      }
    }
  });
}

TEST(Dequantise, RefusesPartsOfBlocks) {
  EXPECT_EQ(test::error_of([] { floats_of(DType::q4_k, nullptr, 128); }),
            "dequantise: q4_k comes in blocks of 256 values, got 128");
}

}  // namespace
}  // namespace sequent
