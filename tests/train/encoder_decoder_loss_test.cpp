// The loss of encoder-decoders, its gradients and ten optimizer steps against transformers.
#include "sequent/train/encoder_decoder_loss.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/models/names.h"
#include "sequent/train/optimizer.h"
#include "tests/support/golden.h"
#include "tests/support/golden_encoder_decoder.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class GoldenEncoderDecoderTraining : public testing::TestWithParam<std::string> {
 protected:
  GoldenEncoderDecoderTraining() : golden(GetParam()), loaded(load_encoder_decoder(golden.directory)) {
    loaded.model->parameters().flatten();
    batch.encoder_ids = golden.encoder_ids;
    batch.encoder_segments = golden.encoder_segments;
    batch.decoder_ids = golden.decoder_ids;
    batch.decoder_segments = golden.decoder_segments;
    batch.targets = golden.labels;
  }
  double expected(const char* name) const { return static_cast<double>(golden.expected.tensor(name).floats()[0]); }
  std::string published(const std::string& ours, const std::string& prefix) const {
    for (const PublishedName& name : published_names(loaded.family->names(loaded.model->config()), ours)) {
      if (golden.expected.contains(prefix + name.name)) return prefix + name.name;
    }
    return {};
  }

  test::GoldenEncoderDecoder golden;
  LoadedEncoderDecoder loaded;
  EncoderDecoderBatch batch;
};

TEST_P(GoldenEncoderDecoderTraining, LossesAndAllGradients) {
  Tape tape;
  const EncoderDecoderLoss loss = encoder_decoder_loss(*loaded.model, batch, {});
  tape.backward(loss.total);
  EXPECT_NEAR(loss.entropy.value().floats()[0], expected("cross_entropy"), 5e-6);
  EXPECT_NEAR(loss.total.value().floats()[0], expected("loss"), 5e-6 * std::max(1.0, expected("loss")));
  if (const MixtureConfig& mixture = loaded.model->config().channel_mixer.mixture; !loss.routing.empty()) {
    EXPECT_NEAR(expected("loss") - expected("cross_entropy"),
                static_cast<double>(mixture.z_loss) * expected("z_loss") +
                    static_cast<double>(mixture.balance_loss) * expected("balance_loss"),
                1e-5);
  }
  for (const Parameter& parameter : loaded.model->parameters().all()) {
    const std::string name = published(parameter.name, "gradient.");
    ASSERT_FALSE(name.empty()) << parameter.name;
    test::expect_close(test::to_doubles(parameter.var.gradient_buffer()),
                       test::to_doubles(golden.expected.tensor(name)), 5e-5, name);
  }
}

TEST_P(GoldenEncoderDecoderTraining, TenAdamWSteps) {
  const Parameters& parameters = loaded.model->parameters();
  AdamW optimizer(parameters, {.beta1 = 0.9f, .beta2 = 0.95f, .epsilon = 1e-8f, .weight_decay = 0.1f});
  std::vector<double> losses;
  for (int step = 0; step < 10; ++step) {
    parameters.clear_gradients();
    Tape tape;
    const Var loss = encoder_decoder_loss(*loaded.model, batch, {}).total;
    tape.backward(loss);
    losses.push_back(loss.value().floats()[0]);
    optimizer.step(0.01f);
  }
  // Ten steps amplify rounding, as in optimizer_test.cpp.
  test::expect_close(losses, test::to_doubles(golden.expected.tensor("adamw_losses")), 2e-4, "losses");
  for (const Parameter& parameter : parameters.all()) {
    const std::string name = published(parameter.name, "parameter_after.");
    if (name.empty()) continue;
    test::expect_close(test::to_doubles(parameter.var.value()), test::to_doubles(golden.expected.tensor(name)), 5e-4,
                       name);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenEncoderDecoderTraining, testing::ValuesIn(test::golden_encoder_decoders()),
                         [](const auto& instance) { return test::test_name(instance.param); });

}  // namespace
}  // namespace sequent
