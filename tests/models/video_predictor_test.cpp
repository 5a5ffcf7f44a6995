#include "sequent/models/video_predictor.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

struct Model {
  explicit Model(VisionPositions positions) : config(test::small_vjepa()) {
    config.encoder.positions = positions;
    predictor = std::make_unique<VideoPredictor>(config.predictor, config.encoder, 24, ParameterScope(parameters));
  }
  VJepaConfig config;
  std::unique_ptr<ParameterSource> source = fresh_parameters(3);
  Parameters parameters{*source};
  std::unique_ptr<VideoPredictor> predictor;
};

TokenSets one_set(const TokenSets& sets, std::int64_t i) {
  return {.ids = {sets.of(i).begin(), sets.of(i).end()}, .segments = Segments::single(sets.segments.length(i))};
}

TEST(VideoPredictor, PackedSetsArePredictedAsEachByItself) {
  for (const VisionPositions positions : {VisionPositions::sine_cosine, VisionPositions::rotary}) {
    const Model model(positions);
    const MaskPair masks = test::small_masks()[0];
    const Tensor encoded = test::to_tensor(test::random_values(7 * 24, "encoded"), {7, 24});
    const std::vector<std::int64_t> tokens = {0, 1};
    const Tensor together =
        model.predictor->forward(encoded, masks.context, masks.target, tokens, test::kSmallGrid).value();
    ASSERT_EQ(together.shape(), (Shape{7, 24}));
    for (std::int64_t i = 0; i < 2; ++i) {
      const Segments& from = masks.context.segments;
      const Segments& to = masks.target.segments;
      const std::vector<std::int64_t> token = {i + 2};  // modulo two
      const Tensor alone = model.predictor
                               ->forward(encoded.slice(from.begin(i), from.end(i)), one_set(masks.context, i),
                                         one_set(masks.target, i), token, test::kSmallGrid)
                               .value();
      test::expect_close(test::to_doubles(together.slice(to.begin(i), to.end(i))), test::to_doubles(alone), 2e-6,
                         "set");
    }
  }
}

TEST(VideoPredictor, EachMaskTokenIsAnother) {
  const Model model(VisionPositions::sine_cosine);
  const TokenSets context = {.ids = {0, 5}, .segments = Segments({0, 2})}, target = {{3}, Segments({0, 1})};
  const Tensor encoded = test::to_tensor(test::random_values(2 * 24, "encoded"), {2, 24});
  const auto with = [&](std::int64_t token) {
    const std::vector<std::int64_t> tokens = {token};
    return test::to_doubles(model.predictor->forward(encoded, context, target, tokens, test::kSmallGrid).value());
  };
  EXPECT_NE(with(0), with(1));
  EXPECT_EQ(with(0), with(4));
}

TEST(VideoPredictor, RefusesSetsThatDoNotFit) {
  const Model model(VisionPositions::sine_cosine);
  const MaskPair masks = test::small_masks()[0];
  const Tensor encoded = Tensor::zeros({7, 24});
  const auto message = [&](const MaskPair& pair, std::vector<std::int64_t> tokens) {
    return test::error_of(
        [&] { model.predictor->forward(encoded, pair.context, pair.target, tokens, test::kSmallGrid); });
  };
  EXPECT_EQ(message(masks, {0}),
            "video predictor: there must be as many contexts as targets and mask tokens, got 2, 2 and 1");
  EXPECT_EQ(message(masks, {0, -1}), "video predictor: mask tokens must not be negative, got -1");
  MaskPair outside = masks;
  outside.target.ids[0] = 12;
  EXPECT_EQ(message(outside, {0, 1}), "video predictor: token ids must be from 0 to 11, got 12");
  VideoPredictorConfig config = model.config.predictor;
  config.mask_tokens = 0;
  EXPECT_EQ(test::error_of([&] { config.validate(); }), "video predictor: there must be mask tokens, got 0");
}

}  // namespace
}  // namespace sequent
