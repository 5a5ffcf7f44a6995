// Layers of experts against those of transformers: outputs, auxiliary losses and all gradients (see
// tools/golden/mixture_layers.py).
#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/nn/mixture_of_experts.h"
#include "sequent/ops/elementwise.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

struct Case {
  const char* name;
  std::int64_t width;
  ChannelMixerConfig config;
};

ChannelMixerConfig switch_layer(std::int64_t experts, std::int64_t hidden, std::int64_t capacity, Activation f,
                                bool router_bias) {
  return {.hidden_width = hidden,
          .activation = f,
          .mixture = {.experts = experts,
                      .experts_per_token = 1,
                      .gated = false,
                      .router_bias = router_bias,
                      .renormalise = false,
                      .overflow = Overflow::hf_v4,
                      .sequence_capacity = capacity,
                      .auxiliary_form = AuxiliaryForm::pooled_per_sequence}};
}

ChannelMixerConfig jamba_layer(std::int64_t experts, std::int64_t hidden, std::int64_t chosen) {
  return {.hidden_width = hidden, .mixture = {.experts = experts, .experts_per_token = chosen, .renormalise = false}};
}

const std::vector<Case> kCases = {
    {"switch-full-experts", 12, switch_layer(4, 17, 2, Activation::relu, false)},
    {"switch-room-for-all", 9, switch_layer(3, 5, 64, Activation::gelu, false)},
    {"switch-router-bias", 16, switch_layer(18, 8, 1, Activation::relu, true)},
    {"switch-nothing-fits", 7, switch_layer(2, 6, 0, Activation::relu, false)},
    {"switch-one-expert", 8, switch_layer(1, 11, 5, Activation::relu, false)},
    {"jamba-two-of-five", 12, jamba_layer(5, 17, 2)},
    {"jamba-all", 7, jamba_layer(3, 9, 3)},
};

class FileParameters : public ParameterSource {
 public:
  explicit FileParameters(const TensorFile& file) : file_(file) {}
  Tensor make(const std::string& name, const Shape& shape, const Initializer&) override {
    const Tensor tensor = file_.tensor(name);
    expect_shape("golden", name, tensor, shape);
    return tensor;
  }

 private:
  const TensorFile& file_;
};

TEST(MixtureOfExpertsGolden, OutputsLossesAndGradientsAreThoseOfTransformers) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const TensorFile file =
        TensorFile::open(std::string(SEQUENT_SOURCE_DIR "/tests/golden/layers/") + c.name + ".safetensors");
    const auto values = [&](const std::string& name) { return test::to_doubles(file.tensor(name)); };
    const Tensor offsets = file.tensor("offsets");
    const Segments segments(
        std::vector<std::int64_t>(offsets.data<std::int64_t>(), offsets.data<std::int64_t>() + offsets.elements()));
    FileParameters source(file);
    Parameters parameters(source);
    const MixtureOfExperts layer(c.config, c.width, ParameterScope(parameters));
    parameters.flatten();
    const Var x = Var::parameter(file.tensor("x"));
    std::vector<Routing> routing;
    Tape tape;
    const Var y = layer.forward(x, {.training = true, .segments = &segments, .routing = &routing});
    test::expect_close(test::to_doubles(y.value()), values("y"), 2e-6, "y");
    test::expect_close(test::to_doubles(routing[0].logits.value()), values("logits"), 1e-6, "logits");

    MixtureConfig losses = c.config.mixture;
    const auto loss = [&](float balance, float z) {
      losses.balance_loss = balance;
      losses.z_loss = z;
      return routing_loss(routing, losses, segments);
    };
    EXPECT_NEAR(loss(1, 0).value().floats()[0], values("balance")[0], 2e-6 * values("balance")[0]);
    EXPECT_NEAR(loss(0, 1).value().floats()[0], values("z")[0], 2e-6 * values("z")[0]);
    const Var outputs[] = {y, loss(0.5f, 0.25f)};
    const Tensor gradients[] = {file.tensor("dy"), Tensor::full({1}, 1.0f)};
    tape.backward(outputs, gradients);
    test::expect_close(test::to_doubles(x.gradient()), values("gradient.x"), 5e-6, "x");
    for (const Parameter& parameter : parameters.all()) {
      test::expect_close(test::to_doubles(parameter.var.gradient_buffer()), values("gradient." + parameter.name), 5e-6,
                         parameter.name);
    }
  }
}

}  // namespace
}  // namespace sequent
