#include "sequent/models/encoder_decoder.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class EveryEncoderDecoder : public testing::TestWithParam<std::string> {
 protected:
  EveryEncoderDecoder() {
    config = new_encoder_decoder_config(*find_encoder_decoder_family(GetParam()),
                                        {.layers = 2, .width = 32, .heads = 2, .vocabulary = 257, .end_of_text = 256});
    // No token's output may depend on its company here.
    config.channel_mixer.mixture.overflow = Overflow::none;
    const auto source = fresh_parameters(3);
    model = std::make_unique<EncoderDecoder>(config, *source);
  }
  std::vector<double> decoded(const std::vector<std::int32_t>& encoder,
                              const std::vector<std::int32_t>& decoder) const {
    const Var encoded = model->encode(encoder, encoder_segments);
    return test::to_doubles(model->decode(decoder, decoder_segments, encoded, encoder_segments).value());
  }

  EncoderDecoderConfig config;
  std::unique_ptr<EncoderDecoder> model;
  const Segments encoder_segments{{0, 9, 10, 150}}, decoder_segments{{0, 4, 24, 25}};
  const std::vector<std::int32_t> encoder_ids = test::some_ids(150), decoder_ids = test::some_ids(25);
};

TEST_P(EveryEncoderDecoder, WholeAndPieceByPieceAreOneFunction) {
  const std::vector<double> whole = decoded(encoder_ids, decoder_ids);
  const Var encoded = model->encode(encoder_ids, encoder_segments);
  std::vector<DecoderState> states = model->start(encoded, encoder_segments);
  std::vector<double> pieces(whole.size());
  for (std::int64_t i = 0; i < decoder_segments.count(); ++i) {
    DecoderState* state = &states[static_cast<std::size_t>(i)];
    for (std::int64_t t = decoder_segments.begin(i); t < decoder_segments.end(i); t += 3) {
      const std::int64_t length = std::min<std::int64_t>(3, decoder_segments.end(i) - t);
      const std::vector<std::int32_t> ids(decoder_ids.begin() + t, decoder_ids.begin() + t + length);
      const std::vector<double> part =
          test::to_doubles(model->decode(ids, Segments::single(length), {&state, 1}).value());
      std::copy(part.begin(), part.end(), pieces.begin() + t * config.width);
    }
    EXPECT_EQ(state->position(), decoder_segments.length(i));
    EXPECT_EQ(state->bytes(), model->state_bytes(encoder_segments.length(i), decoder_segments.length(i)));
  }
  test::expect_close(pieces, whole, 5e-6, "decoded");
}

TEST_P(EveryEncoderDecoder, LaterOutputsAndOtherSequencesAreNotSeen) {
  const std::vector<double> before = decoded(encoder_ids, decoder_ids);
  std::vector<std::int32_t> changed_decoder = decoder_ids, changed_encoder = encoder_ids;
  changed_decoder[10] = 77;  // in the second sequence
  changed_encoder[5] = 78;   // of the first sequence: all of its outputs see it
  // Products over the tokens of an expert are cut differently in other company: the last bits may change.
  const auto same = [&](const std::vector<double>& a, std::int64_t token) {
    double worst = 0;
    for (std::int64_t c = token * config.width; c < (token + 1) * config.width; ++c) {
      worst = std::max(worst, std::abs(a[static_cast<std::size_t>(c)] - before[static_cast<std::size_t>(c)]));
    }
    return worst < 1e-6;
  };
  const std::vector<double> after = decoded(encoder_ids, changed_decoder);
  for (std::int64_t t = 0; t < 25; ++t) EXPECT_EQ(same(after, t), t < 10 || t >= 24) << t;
  const std::vector<double> other = decoded(changed_encoder, decoder_ids);
  for (std::int64_t t = 0; t < 25; ++t) EXPECT_EQ(same(other, t), t >= 4) << t;
}

TEST_P(EveryEncoderDecoder, RecomputingGivesTheSameGradients) {
  model->parameters().flatten();
  const auto gradients = [&](bool recompute) {
    model->parameters().clear_gradients();
    Tape tape;
    std::vector<Routing> routing;
    const ForwardOptions options{.training = true,
                                 .recompute_blocks = recompute,
                                 .dropout = 0.2f,
                                 .seed = 4,
                                 .observe = {},
                                 .routing = &routing};
    const Var encoded = model->encode(encoder_ids, encoder_segments, options);
    const Var y = model->decode(decoder_ids, decoder_segments, encoded, encoder_segments, options);
    EXPECT_EQ(routing.size(), GetParam() == "t5" ? 0u : 2u);
    tape.backward(y, y.value());
    return test::gradients_of(model->parameters());
  };
  const std::vector<double> plain = gradients(false);
  test::expect_close(gradients(true), plain, 1e-6, "gradients");
  EXPECT_GT(*std::max_element(plain.begin(), plain.end()), 0);
}

TEST_P(EveryEncoderDecoder, RefusesWhatDoesNotFit) {
  const Var encoded = model->encode(encoder_ids, encoder_segments);
  EXPECT_THROW(model->decode(decoder_ids, Segments::single(25), encoded, encoder_segments), Error);
  EXPECT_THROW(model->encode(decoder_ids, encoder_segments), Error);
  std::vector<DecoderState> states = model->start(encoded, encoder_segments);
  DecoderState* state = &states[0];
  EXPECT_THROW(model->decode(decoder_ids, decoder_segments, {&state, 1}), Error);
}

TEST_P(EveryEncoderDecoder, CountsItsParameters) {
  EXPECT_EQ(count_parameters(config), model->parameters().count());
  const std::int64_t inactive = model->parameters().count() - model->active_parameters();
  // Two sparse blocks, of whose eight experts one is active.
  EXPECT_EQ(inactive, GetParam() == "t5" ? 0 : 2 * 7 * 2 * 32 * 128);
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) names.emplace_back(family->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, EveryEncoderDecoder, testing::ValuesIn(names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace sequent
