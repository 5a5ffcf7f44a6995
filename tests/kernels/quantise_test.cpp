#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sequent/base/half.h"
#include "sequent/base/threads.h"
#include "sequent/checkpoint/tensor_file.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/quantised_blocks.h"
#include "tests/support/files.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

std::vector<std::uint8_t> bytes_of(DType type, const std::vector<float>& x) {
  const auto count = static_cast<std::int64_t>(x.size());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(bytes_of(Shape{count}, type)));
  kernels::quantise(kernels::Cpu{}, {.type = type, .from = x.data(), .to = bytes.data(), .count = count});
  return bytes;
}

std::vector<float> there_and_back(DType type, const std::vector<float>& x) {
  const std::vector<std::uint8_t> bytes = bytes_of(type, x);
  std::vector<float> values(x.size());
  kernels::dequantise(
      kernels::Cpu{},
      {.type = type, .from = bytes.data(), .to = values.data(), .count = static_cast<std::int64_t>(x.size())});
  return values;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) {
    sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  }
  return sum;
}

TEST(Quantise, GivesTheBytesOfGguf) {
  const TensorFile golden = TensorFile::open(SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/gguf_blocks.safetensors");
  const Tensor x = golden.tensor("x");
  const std::vector<float> floats(x.floats(), x.floats() + x.elements());
  for (const DType type : {DType::q8_0, DType::q4_0}) {
    const Tensor expected = golden.tensor("x." + std::string(name_of(type)));
    const auto* bytes = expected.data<std::uint8_t>();
    EXPECT_EQ(bytes_of(type, floats), std::vector<std::uint8_t>(bytes, bytes + expected.elements())) << name_of(type);
  }
}

// Values of very different sizes and signs, block by block.
std::vector<float> mixed_values(std::int64_t blocks) {
  auto x = test::to_float(test::random_values(256 * blocks, "x"));
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t i = 256 * b; i < 256 * (b + 1); ++i) {
      float& value = x[static_cast<std::size_t>(i)];
      value *= std::pow(10.0f, static_cast<float>(b % 7 - 3));
      if (b % 5 == 1) value = std::abs(value);
      if (b % 5 == 2) value = -std::abs(value);
      if (b % 5 == 3 && i % 31 != 0) value *= 0.01f;  // outliers
      if (b % 5 == 4) value += 3.0f;
    }
  }
  return x;
}

// Half a step of the levels, and what rounding the scale to half precision adds at the far end.
TEST(Quantise, ErrorIsWithinTheBoundOfTheFormat) {
  const auto x = mixed_values(35);
  const auto q8 = there_and_back(DType::q8_0, x), q4 = there_and_back(DType::q4_0, x);
  const auto f16 = there_and_back(DType::f16, x), bf16 = there_and_back(DType::bf16, x);
  for (std::size_t begin = 0; begin < x.size(); begin += 32) {
    float largest = 0;
    for (std::size_t i = begin; i < begin + 32; ++i) largest = std::max(largest, std::abs(x[i]));
    // Of a scale that became a half, the smallest of which are 2^-24 apart.
    const auto rounding = [](float scale) { return std::max(scale / 2048.0f, 0x1p-25f); };
    for (std::size_t i = begin; i < begin + 32; ++i) {
      const float step8 = largest / 127.0f, step4 = largest / 8.0f;
      EXPECT_LE(std::abs(q8[i] - x[i]), 0.5f * step8 + 127.0f * rounding(step8) + 1e-6f * largest) << i;
      // The level opposite to the largest value is missing: there the error can be a whole step.
      EXPECT_LE(std::abs(q4[i] - x[i]), step4 + 8.0f * rounding(step4) + 1e-6f * largest) << i;
      EXPECT_LE(std::abs(f16[i] - x[i]), std::abs(x[i]) / 2048.0f + 3e-8f) << i;
      EXPECT_LE(std::abs(bf16[i] - x[i]), std::abs(x[i]) / 256.0f) << i;
    }
  }
}

// The plain way to fill a q4_k sub-block, from its least to its largest value, in float: what the search must beat.
double error_of_plain_range(const std::vector<float>& x, std::size_t begin) {
  const auto [low, high] = std::minmax_element(x.begin() + static_cast<std::ptrdiff_t>(begin),
                                               x.begin() + static_cast<std::ptrdiff_t>(begin) + 32);
  const double minimum = std::min(static_cast<double>(*low), 0.0), step = (static_cast<double>(*high) - minimum) / 15;
  double sum = 0;
  for (std::size_t i = begin; i < begin + 32; ++i) {
    const double level = step > 0 ? std::round((static_cast<double>(x[i]) - minimum) / step) : 0;
    sum += std::pow(minimum + level * step - static_cast<double>(x[i]), 2);
  }
  return sum;
}

TEST(Quantise, SearchForQ4KBeatsTheRangeOfTheValues) {
  auto x = test::to_float(test::random_values(256 * 40, "x"));
  test::for_each_simd_target([&] {
    const auto y = there_and_back(DType::q4_k, x);
    double plain = 0;
    for (std::size_t begin = 0; begin < x.size(); begin += 32) plain += error_of_plain_range(x, begin);
    EXPECT_LT(squared_error(x, y, 0, x.size()), 0.9 * plain);
  });
}

// A scale and minimum of 6 bits beside larger ones can be off by half a step of theirs.
TEST(Quantise, ErrorOfQ4KIsWithinTheBoundOfTheFormat) {
  const auto x = mixed_values(35);
  const auto y = there_and_back(DType::q4_k, x);
  for (std::size_t block = 0; block < x.size(); block += 256) {
    float low = 0, high = 0;
    for (std::size_t i = block; i < block + 256; ++i) {
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    const float range = high - low;
    for (std::size_t i = block; i < block + 256; ++i) {
      EXPECT_LE(std::abs(y[i] - x[i]), range * (1.0f / 15.0f + 1.0f / 63.0f)) << i;
    }
  }
}

TEST(Quantise, Q4KTakesEqualZeroAndTinyValues) {
  for (const float value : {0.0f, 1.5f, -1.5f, 1e-9f, -1e-9f, 1e-30f, kernels::largest_quantisable(DType::q4_k)}) {
    const auto y = there_and_back(DType::q4_k, std::vector<float>(256, value));
    for (const float v : y) ASSERT_NEAR(v, value, std::abs(value) * 0.01f + 1e-8f) << value;
  }
}

TEST(Quantise, DoesNotDependOnThreads) {
  const auto x = mixed_values(300);
  const auto with = [&](DType type, int count) {
    const int threads = thread_count();
    set_thread_count(count);
    const auto bytes = bytes_of(type, x);
    set_thread_count(threads);
    return bytes;
  };
  for (const DType type : {DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k}) {
    EXPECT_EQ(with(type, 1), with(type, 3)) << name_of(type);
  }
}

TEST(Quantise, PacksSixBitScales) {
  kernels::SixBitScales scales = {};
  for (int j = 0; j < 8; ++j) scales.set(j, (11 * j + 50) % 64, (23 * j + 7) % 64);
  for (int j = 0; j < 8; ++j) {
    EXPECT_EQ(scales.scale(j), (11 * j + 50) % 64) << j;
    EXPECT_EQ(scales.minimum(j), (23 * j + 7) % 64) << j;
  }
}

TEST(Quantise, RefusesWhatItCannotMake) {
  const std::vector<float> x(256);
  EXPECT_EQ(test::error_of([&] { bytes_of(DType::q6_k, x); }),
            "quantise: values can become f32, f16, bf16, q8_0, q4_0 or q4_k, not q6_k");
  std::vector<std::uint8_t> bytes(34);
  EXPECT_EQ(test::error_of([&] {
              kernels::quantise(kernels::Cpu{},
                                {.type = DType::q8_0, .from = x.data(), .to = bytes.data(), .count = 33});
            }),
            "quantise: q8_0 comes in blocks of 32 values, got 33");
}

}  // namespace
}  // namespace sequent
