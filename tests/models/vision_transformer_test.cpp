#include "sequent/models/vision_transformer.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

struct Model {
  explicit Model(const VisionTransformerConfig& config) : encoder(config, "encoder", ParameterScope(parameters)) {}
  std::unique_ptr<ParameterSource> source = fresh_parameters(3);
  Parameters parameters{*source};
  VisionTransformer encoder;
};

VisionTransformerConfig config_with(VisionPositions positions) {
  VisionTransformerConfig config = test::small_vjepa().encoder;
  config.positions = positions;
  return config;
}

class VisionTransformerPositions : public testing::TestWithParam<VisionPositions> {};

TEST_P(VisionTransformerPositions, SetsOfAnySizesAreComputedAsEachByItself) {
  const Model model(config_with(GetParam()));
  const Tensor clips = test::small_clips(2);
  const TokenSets sets = {.ids = {7, 0, 3, 11, 1, 2, 9}, .segments = Segments({0, 3, 4, 5, 7})};
  const Tensor together = model.encoder.forward(clips, sets).value();
  for (std::int64_t i = 0; i < sets.count(); ++i) {
    const Tensor clip = clips.slice(i % 2, i % 2 + 1);
    const TokenSets one = {.ids = {sets.of(i).begin(), sets.of(i).end()},
                           .segments = Segments::single(sets.segments.length(i))};
    test::expect_close(test::to_doubles(together.slice(sets.segments.begin(i), sets.segments.end(i))),
                       test::to_doubles(model.encoder.forward(clip, one).value()), 2e-6, "set");
  }
}

TEST_P(VisionTransformerPositions, TheOrderOfASetChangesOnlyTheOrderOfItsOutput) {
  const Model model(config_with(GetParam()));
  const Tensor clips = test::small_clips(1);
  const Tensor forwards = model.encoder.forward(clips, {.ids = {1, 4, 10}, .segments = Segments({0, 3})}).value();
  const Tensor backwards = model.encoder.forward(clips, {.ids = {10, 4, 1}, .segments = Segments({0, 3})}).value();
  for (std::int64_t row = 0; row < 3; ++row) {
    test::expect_close(test::to_doubles(backwards.slice(2 - row, 3 - row)),
                       test::to_doubles(forwards.slice(row, row + 1)), 2e-6, "row");
  }
}

TEST_P(VisionTransformerPositions, WhereATokenLiesMatters) {
  const Model model(config_with(GetParam()));
  // The same pixels everywhere: only positions tell tokens apart.
  const Tensor clips = Tensor::full({1, 3, 4, 8, 12}, 0.5f);
  const Tensor y = model.encoder.forward(clips, {.ids = {0, 5, 7}, .segments = Segments({0, 3})}).value();
  const Tensor shifted = model.encoder.forward(clips, {.ids = {0, 5, 8}, .segments = Segments({0, 3})}).value();
  double difference = 0;
  for (std::int64_t i = 0; i < y.elements(); ++i) difference += std::abs(y.floats()[i] - shifted.floats()[i]);
  // All tokens are equal to attention where queries and keys alone are turned: its weights change, not what it sees.
  if (GetParam() == VisionPositions::rotary) {
    EXPECT_LT(difference, 1e-4);
  } else {
    EXPECT_GT(difference, 1.0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, VisionTransformerPositions,
                         testing::Values(VisionPositions::sine_cosine, VisionPositions::sine_cosine_depth,
                                         VisionPositions::rotary),
                         [](const auto& test) {
                           return std::string(kVisionPositionNames[static_cast<std::size_t>(test.param)]);
                         });

TEST(VisionTransformer, EmbeddingIsAConvolutionPlusTheInterpolatedPositions) {
  const Model model(config_with(VisionPositions::sine_cosine));
  const Tensor clips = test::small_clips(2);
  const Tensor x = model.encoder.embed(clips, TokenSets::all(2, test::kSmallGrid)).value();
  ASSERT_EQ(x.shape(), (Shape{24, 24}));
  const Parameter& weight = model.parameters.all()[0];
  ASSERT_EQ(weight.name, "patch_embedding.weight");
  ASSERT_EQ(weight.var.shape(), (Shape{24, 3, 2, 4, 4}));
  const Tensor table = resampled_positions(sine_cosine_positions({2, 2, 2}, 24, true), {2, 2, 2}, test::kSmallGrid);
  for (const std::int64_t token : {0, 7, 11}) {
    for (const std::int64_t output : {0, 13, 23}) {
      double sum = table.floats()[token * 24 + output];
      for (std::int64_t i = 0; i < 96; ++i) {
        const std::int64_t channel = i / 32, t = i / 16 % 2, row = i / 4 % 4, column = i % 4;
        const std::int64_t frame = 2 * (token / 6) + t, y = 4 * (token / 3 % 2) + row, at = 4 * (token % 3) + column;
        sum += static_cast<double>(weight.var.value().floats()[output * 96 + i]) *
               clips.floats()[(((3 + channel) * 4 + frame) * 8 + y) * 12 + at];
      }
      EXPECT_NEAR(x.floats()[(12 + token) * 24 + output], sum, 1e-5);
    }
  }
}

TEST(VisionTransformer, ObserversHearOfEveryPart) {
  const Model model(config_with(VisionPositions::sine_cosine));
  std::vector<std::string> heard;
  VisionOptions options;
  options.observe = [&](std::string_view name, const Tensor&) { heard.emplace_back(name); };
  model.encoder.forward(test::small_clips(1), options);
  EXPECT_EQ(heard, (std::vector<std::string>{"encoder.patch_embedding", "encoder.layers.0", "encoder.layers.1",
                                             "encoder.final_norm"}));
}

TEST(VisionTransformer, CountsItsOperations) {
  const Model model(config_with(VisionPositions::sine_cosine));
  const std::int64_t tokens = 12, weights = 2 * (4 * 24 * 24 + 2 * 24 * 40) + 96 * 24;
  EXPECT_EQ(model.encoder.flops(tokens), 2 * tokens * weights + 2 * 4 * tokens * tokens * 24);
}

TEST(VisionTransformer, RefusesSizesThatDoNotFit) {
  const auto message = [](auto change) {
    VisionTransformerConfig config = config_with(VisionPositions::rotary);
    change(config);
    return test::error_of([&] { config.validate(); });
  };
  EXPECT_EQ(message([](auto& c) { c.frames = 5; }), "vision transformer: frames must be a multiple of 2, got 5");
  EXPECT_EQ(message([](auto& c) { c.image_size = 6; }),
            "vision transformer: the image size must be a multiple of 4, got 6");
  EXPECT_EQ(message([](auto& c) { c.blocks.heads = 8; }),
            "vision transformer: rotary positions need an even head width, got 3");
  EXPECT_EQ(message([](auto& c) { c.channels = 0; }),
            "vision transformer: channels and tubelets must be positive, got 0 channels, 2 frames and a patch of 4");
}

}  // namespace
}  // namespace sequent
