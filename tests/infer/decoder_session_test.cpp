#include "sequent/infer/decoder_session.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/infer/generate.h"
#include "sequent/infer/sequence_logits.h"
#include "tests/support/small_encoder_decoders.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class Answering : public testing::TestWithParam<std::string> {
 protected:
  const Tokenizer tokenizer = with_sentinels(Tokenizer::bytes());
  const LoadedEncoderDecoder loaded = test::small_encoder_decoder(GetParam());
  const EncoderDecoder& model = *loaded.model;
  const std::vector<std::int32_t> input = encoder_input(model, tokenizer, "A <extra_id_0> walks");
};

TEST_P(Answering, TheInputHasSentinelsAndTheEndOfText) {
  EXPECT_EQ(input.size(), 2u + 1 + 6 + 1);
  EXPECT_EQ(input[2], 356);
  EXPECT_EQ(input.back(), 256);
}

TEST_P(Answering, TokenByTokenIsTheWholeSequence) {
  const std::vector<std::int32_t> answer = {256, 356, 'm', 'a', 'n'};
  const Segments encoder = Segments::single(static_cast<std::int64_t>(input.size()));
  const Segments decoder = Segments::single(5);
  const Tensor whole = sequence_logits(model, input, encoder, answer, decoder, Form::parallel);
  DecoderSession session(model, input);
  for (std::int64_t t = 0; t < 5; ++t) {
    if (t > 0) session.feed(answer[static_cast<std::size_t>(t)]);
    test::expect_close(test::to_doubles(session.logits()), test::to_doubles(whole.slice(t, t + 1)), 1e-5, "logits");
  }
  EXPECT_EQ(session.position(), 5);
  EXPECT_EQ(session.recent().size(), 5u);
  EXPECT_EQ(session.state_bytes(), model.state_bytes(encoder.tokens(), 5));
  for (const Form form : {Form::chunked, Form::recurrent}) {
    test::expect_close(test::to_doubles(sequence_logits(model, input, encoder, answer, decoder, form, 2)),
                       test::to_doubles(whole), 1e-5, "logits");
  }
}

TEST_P(Answering, IsReproducibleAndShowsSentinels) {
  GenerateOptions options;
  options.max_tokens = 30;
  options.ignore_end_of_text = true;
  std::string streamed;
  const Generation once =
      generate(model, tokenizer, input, options, [&](std::string_view piece) { streamed += piece; });
  const Generation again = generate(model, tokenizer, input, options, [](std::string_view) {});
  EXPECT_EQ(once.tokens, again.tokens);
  EXPECT_EQ(once.tokens.size(), 30u);
  EXPECT_EQ(once.prompt_tokens, static_cast<std::int64_t>(input.size()));
  EXPECT_EQ(once.text, streamed);
  EXPECT_EQ(once.text, tokenizer.decode(once.tokens, true));
  EXPECT_GT(once.state_bytes, 0);
}

TEST_P(Answering, RefusesWhatItCannotRead) {
  EXPECT_THROW(DecoderSession(model, {}), Error);
  EXPECT_THROW(DecoderSession(model, std::vector<std::int32_t>{400}), Error);
  DecoderSession session(model, input);
  EXPECT_THROW(session.feed(-1), Error);
  EXPECT_EQ(session.position(), 1);
  EXPECT_THROW(sequence_logits(model, input, Segments::single(static_cast<std::int64_t>(input.size())),
                               std::vector<std::int32_t>{1, 2}, Segments({0, 1, 2}), Form::parallel),
               Error);
}

INSTANTIATE_TEST_SUITE_P(All, Answering, testing::Values("t5", "switch-t5"), [](const auto& test) {
  return test.param == "t5" ? std::string("t5") : std::string("switch_t5");
});

}  // namespace
}  // namespace sequent
