// Every golden encoder-decoder against transformers: the encoder's output, and the logits in three forms.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/golden_encoder_decoder.h"
#include "tests/support/saved_model.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class GoldenEncoderDecoderModel : public testing::TestWithParam<std::string> {
 protected:
  GoldenEncoderDecoderModel() : golden(GetParam()), loaded(load_encoder_decoder(golden.directory)) {}

  // The decoder's tokens in pieces of `chunk`, all sequences that still have some going on together.
  Tensor chunked_logits(const Var& encoded, std::int64_t chunk) const {
    const EncoderDecoder& model = *loaded.model;
    const Segments& segments = golden.decoder_segments;
    std::vector<DecoderState> states = model.start(encoded, golden.encoder_segments);
    const Tensor logits = Tensor::empty({segments.tokens(), model.config().vocabulary});
    for (std::int64_t from = 0;; from += chunk) {
      std::vector<std::int32_t> ids;
      std::vector<std::int64_t> lengths, begins;
      std::vector<DecoderState*> active;
      for (std::int64_t i = 0; i < segments.count(); ++i) {
        const std::int64_t length = std::min(chunk, segments.length(i) - from);
        if (length <= 0) continue;
        begins.push_back(segments.begin(i) + from);
        lengths.push_back(length);
        active.push_back(&states[static_cast<std::size_t>(i)]);
        ids.insert(ids.end(), golden.decoder_ids.begin() + begins.back(),
                   golden.decoder_ids.begin() + begins.back() + length);
      }
      if (active.empty()) {
        for (std::int64_t i = 0; i < segments.count(); ++i) {
          const DecoderState& state = states[static_cast<std::size_t>(i)];
          EXPECT_EQ(state.bytes(), model.state_bytes(golden.encoder_segments.length(i), segments.length(i)));
        }
        return logits;
      }
      const Segments pieces = Segments::of_lengths(lengths);
      const Tensor part = model.logits(model.decode(ids, pieces, active));
      for (std::int64_t i = 0; i < pieces.count(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        logits.slice(begins[at], begins[at] + lengths[at]).copy_from(part.slice(pieces.begin(i), pieces.end(i)));
      }
    }
  }

  // Within 1e-5 of the range of what is expected.
  void expect_near(const Tensor& actual, const char* name, const char* form) const {
    const std::vector<double> expected = test::to_doubles(golden.expected.tensor(name));
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    const std::vector<double> values = test::to_doubles(actual);
    ASSERT_EQ(values.size(), expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(values[i] - expected[i]));
    RecordProperty(form, fmt::format("{:.2e} of the range", worst / (*high - *low)));
    EXPECT_LE(worst, 1e-5 * (*high - *low)) << name << ", " << form;
  }

  test::GoldenEncoderDecoder golden;
  LoadedEncoderDecoder loaded;
};

TEST_P(GoldenEncoderDecoderModel, EncoderOutputAndLogitsInAllThreeForms) {
  const EncoderDecoder& model = *loaded.model;
  const Var encoded = model.encode(golden.encoder_ids, golden.encoder_segments);
  expect_near(encoded.value(), "encoder_output", "encoder");
  const Var decoded = model.decode(golden.decoder_ids, golden.decoder_segments, encoded, golden.encoder_segments);
  expect_near(model.logits(decoded), "logits", "parallel");
  // The published policy counts a full expert's tokens within one call: the pieces of a sequence have a count each.
  if (GetParam() == "switch-dropping" || GetParam() == "switch-router-bias") return;
  for (const std::int64_t chunk : {1, 2, 5, 16}) {
    expect_near(chunked_logits(encoded, chunk), "logits", fmt::format("chunks of {}", chunk).c_str());
  }
}

TEST_P(GoldenEncoderDecoderModel, SavesWhatTheReferenceSaved) {
  const test::SavedModel saved(GetParam());
  save_encoder_decoder(saved.directory, *loaded.family, *loaded.model);
  test::expect_saved_as(golden.directory, saved.directory, loaded.model->parameters().all(),
                        loaded.family->names(loaded.model->config()), {});
}

INSTANTIATE_TEST_SUITE_P(All, GoldenEncoderDecoderModel, testing::ValuesIn(test::golden_encoder_decoders()),
                         [](const auto& instance) { return test::test_name(instance.param); });

}  // namespace
}  // namespace sequent
