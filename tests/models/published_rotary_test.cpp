// What config.json and GGUF files say of scaled rotary positions; what they compute is in golden_test.cpp.
#include "sequent/models/published_rotary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "sequent/models/gguf_model.h"
#include "sequent/models/model_directory.h"
#include "tests/support/files.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Kind = RotaryScaling::Kind;
using test::error_of;

const std::vector<RotaryScaling> kScalings = {{},
                                              {.kind = Kind::linear, .factor = 2.5f},
                                              {.kind = Kind::llama3, .factor = 8, .original_context = 8192},
                                              {.kind = Kind::llama3,
                                               .factor = 4,
                                               .original_context = 32,
                                               .low_frequency_factor = 1.5f,
                                               .high_frequency_factor = 3},
                                              {.kind = Kind::yarn, .factor = 4, .original_context = 32768},
                                              {.kind = Kind::yarn,
                                               .factor = 4,
                                               .original_context = 64,
                                               .beta_fast = 16,
                                               .beta_slow = 2,
                                               .attention_factor = 0.75f}};

TEST(PublishedRotary, ConfigJsonSaysWhatItWasWrittenFrom) {
  for (const RotaryScaling& scaling : kScalings) {
    EXPECT_EQ(read_rotary_scaling({{"rope_scaling", write_rotary_scaling(scaling)}}), scaling);
  }
}

TEST(PublishedRotary, StandsInEitherPlaceUnderEitherName) {
  EXPECT_EQ(read_rotary_scaling({{"rope_scaling", nullptr}}), RotaryScaling());
  EXPECT_EQ(read_rotary_scaling({{"rope_parameters", {{"rope_theta", 5}, {"rope_type", "default"}}}}), RotaryScaling());
  EXPECT_EQ(read_rotary_scaling({{"rope_scaling", {{"type", "linear"}, {"factor", 2.5}}}}), kScalings[1]);
  EXPECT_EQ(read_rotary_scaling({{"rope_parameters", {{"rope_theta", 5}, {"rope_type", "linear"}, {"factor", 2.5}}}}),
            kScalings[1]);
  // Where YaRN does not say for which context the model was trained, it is the model's own.
  EXPECT_EQ(read_rotary_scaling({{"max_position_embeddings", 32768},
                                 {"rope_scaling", {{"type", "yarn"}, {"factor", 4.0}, {"beta_fast", 0}}}}),
            kScalings[4]);
}

TEST(PublishedRotary, RefusesWhatIsNotComputed) {
  EXPECT_EQ(
      error_of([] {
        read_rotary_scaling({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2}}}});
      }),
      "config.json: scaled rotary positions of type dynamic are not supported; known are default, linear, llama3, "
      "yarn");
  EXPECT_EQ(error_of([] {
              read_rotary_scaling({{"rope_scaling", {{"type", "yarn"}, {"factor", 2}, {"mscale", 0.7}}}});
            }),
            "config.json: mscale of rotary positions of type yarn is not supported, got 0.7");
  EXPECT_EQ(error_of([] {
              read_rotary_scaling({{"rope_scaling", {{"type", "yarn"}, {"factor", 2}, {"truncate", false}}}});
            }),
            "config.json: truncate false of rotary positions is not supported");
  EXPECT_EQ(error_of([] {
              read_rotary_scaling({{"rope_scaling", {{"type", "llama3"}, {"factor", 2}}}});
            }),
            "config.json: original_max_position_embeddings is missing");
  EXPECT_EQ(error_of([] {
              read_rotary_scaling({{"rope_scaling", 8}});
            }),
            "config.json: rope_scaling has an unusable value, 8");
}

LanguageModelConfig scaled_config(const RotaryScaling& scaling) {
  LanguageModelConfig config = test::small_model("transformer")->config();
  config.mixers.attention.rope_scaling = scaling;
  return config;
}

TEST(PublishedRotary, GgufSaysWhatItWasWrittenFrom) {
  test::TemporaryDirectory directory;
  for (RotaryScaling scaling : kScalings) {
    scaling.beta_fast = 32;
    scaling.beta_slow = 1;
    const LanguageModelConfig config = scaled_config(scaling);
    save_gguf_model(directory / "model.gguf", LanguageModel(config, *fresh_parameters(1)), {});
    const RotaryScaling read = load_gguf_model(directory / "model.gguf")->config().mixers.attention.rope_scaling;
    EXPECT_NEAR(read.attention_factor, scaling.attention_factor, 1e-6);
    RotaryScaling expected = scaling;
    expected.attention_factor = read.attention_factor;
    EXPECT_EQ(read, expected);
  }
}

TEST(PublishedRotary, GgufHasNoRampOfItsOwn) {
  test::TemporaryDirectory directory;
  EXPECT_EQ(error_of([&] {
              save_gguf_model(directory / "model.gguf",
                              LanguageModel(scaled_config(kScalings.back()), *fresh_parameters(1)), {});
            }),
            "GGUF: beta_fast and beta_slow of rotary positions must be 32 and 1, got 16 and 2");
}

// A file of llama.cpp's converter: the divisors alone.
class Divisors : public testing::Test {
 protected:
  RotaryScaling read(double factor, double trained, const GgufValues& more = {}) const {
    GgufValues values = {{"general.architecture", std::string("llama")}};
    const std::vector<GgufTensor> tensors = {{"rope_freqs.weight", {width_ / 2}, DType::f32}};
    const Tensor divisors = Tensor::empty({width_ / 2});
    for (std::int64_t j = 0; j < width_ / 2; ++j) {
      const double wavelength = 2 * std::numbers::pi * std::pow(base_, 2.0 * static_cast<double>(j) / width_);
      const double smooth = std::clamp((trained / wavelength - 1) / 3, 0.0, 1.0);
      divisors.mutable_floats()[j] = static_cast<float>(1 / ((1 - smooth) / factor + smooth));
    }
    values.insert(values.end(), more.begin(), more.end());
    const std::string path = directory_ / "model.gguf";
    save_gguf(path, values, tensors, [&](std::size_t) { return divisors; });
    WeightSource weights = WeightSource::open(path);
    const GgufMetadata metadata = read_gguf_metadata(path);
    GgufExchange reading(metadata, weights, "llama");
    AttentionConfig attention = {.head_width = said_width_, .rope_base = static_cast<float>(base_)};
    describe_rotary_scaling(reading, attention, 131072);
    weights.expect_all_taken();
    return attention.rope_scaling;
  }

  std::int64_t said_width_ = 64;  // by the other values of the file

 private:
  test::TemporaryDirectory directory_;
  std::int64_t width_ = 64;
  double base_ = 500000;
};

TEST_F(Divisors, OfThePublishedLlamasAreKnown) {
  for (const float factor : {8.0f, 32.0f}) {
    EXPECT_EQ(read(factor, 8192), (RotaryScaling{.kind = Kind::llama3, .factor = factor, .original_context = 8192}));
  }
}

// Nothing is computed by a width that the tensor has not.
TEST_F(Divisors, OfAnotherWidthAreRefused) {
  for (const std::int64_t width : {std::int64_t{0}, std::int64_t{62}, std::int64_t{1} << 40}) {
    said_width_ = width;
    EXPECT_NE(error_of([&] { read(8, 8192); }).find("is not that of Llama 3.1"), std::string::npos) << width;
  }
}

TEST_F(Divisors, OfOthersAreRefused) {
  EXPECT_EQ(
      error_of([&] { read(8, 4096); }),
      "GGUF: rope_freqs.weight is not that of Llama 3.1 to 3.3, other scaled rotary positions of this form are not "
      "supported");
  EXPECT_EQ(error_of([&] {
              read(8, 8192, {{"llama.rope.scaling.type", std::string("yarn")}});
            }),
            "GGUF: rope_freqs.weight beside rope.scaling.type yarn is not supported");
}

}  // namespace
}  // namespace sequent
