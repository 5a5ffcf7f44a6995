// What is particular to retention; what holds for all mixers is in tests/properties, parity in
// tests/models/golden_test.cpp.
#include "sequent/mixers/retention.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "sequent/kernels/reference/rotary.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kWidth = 8;

struct Fresh {
  explicit Fresh(const RetentionConfig& config)
      : source(fresh_parameters(3)), parameters(*source), retention(config, kWidth, ParameterScope(parameters)) {}

  std::unique_ptr<ParameterSource> source;
  Parameters parameters;
  Retention retention;
};

// The whole mixer for one sequence in double, token by token, from the equations in retention.h.
class Reference {
 public:
  Reference(const RetentionConfig& config_, const Parameters& parameters) : config(config_) {
    for (const Parameter& parameter : parameters.all()) {
      weights[parameter.name] = test::to_doubles(parameter.var.value());
    }
  }

  std::vector<double> outputs(const std::vector<double>& x) const {
    const std::int64_t tokens = static_cast<std::int64_t>(x.size()) / kWidth;
    const std::vector<double> q = rotated(product(x, kWidth, "q_proj.weight"), config.heads);
    const std::vector<double> k = rotated(product(x, kWidth, "k_proj.weight"), config.key_value_heads);
    const std::vector<double> v = product(x, kWidth, "v_proj.weight"), g = product(x, kWidth, "g_proj.weight");
    const std::int64_t values = config.value_width;
    std::vector<double> o(g.size());
    for (std::int64_t h = 0; h < config.heads; ++h) {
      const double gamma = 1 - std::pow(2.0, -5.0 - static_cast<double>(h));
      const std::int64_t source = h / (config.heads / config.key_value_heads);
      std::vector<double> state(static_cast<std::size_t>(config.key_width * values));
      double s = 0;
      for (std::int64_t t = 0; t < tokens; ++t) {
        s = gamma * s + 1;
        const double* key = k.data() + (t * config.key_value_heads + source) * config.key_width;
        const double* value = v.data() + (t * config.key_value_heads + source) * values;
        const double* query = q.data() + (t * config.heads + h) * config.key_width;
        std::vector<double> u(static_cast<std::size_t>(values));
        for (std::int64_t i = 0; i < config.key_width; ++i) {
          for (std::int64_t p = 0; p < values; ++p) {
            double& element = state[static_cast<std::size_t>(i * values + p)];
            element = gamma * element + key[i] * value[p];
            u[static_cast<std::size_t>(p)] += query[i] * element;
          }
        }
        double divisor = std::sqrt(static_cast<double>(config.key_width));
        if (config.normalisation != RetentionNormalisation::none) divisor *= std::sqrt(s);
        if (config.normalisation == RetentionNormalisation::torchscale_parallel) {
          double sum = 0;
          double decay = 1;
          for (std::int64_t m = t; m >= 0; --m, decay *= gamma) {
            double score = 0;
            const double* earlier = k.data() + (m * config.key_value_heads + source) * config.key_width;
            for (std::int64_t i = 0; i < config.key_width; ++i) score += query[i] * earlier[i];
            sum += std::abs(score) * decay / divisor;
          }
          divisor *= std::clamp(sum, 1.0, 5e4);
        }
        double squares = 0;
        for (double& element : u) {
          element /= divisor;
          squares += element * element;
        }
        const double scale = 1 / std::sqrt(squares / static_cast<double>(values) + config.epsilon);
        for (std::int64_t p = 0; p < values; ++p) {
          const auto at = static_cast<std::size_t>((t * config.heads + h) * values + p);
          const double weight = config.head_weight ? weights.at("head_norm.weight")[static_cast<std::size_t>(p)] : 1.0;
          o[at] = u[static_cast<std::size_t>(p)] * scale * weight * g[at] / (1 + std::exp(-g[at]));
        }
      }
    }
    return product(o, config.heads * values, "o_proj.weight");
  }

 private:
  std::vector<double> product(const std::vector<double>& x, std::int64_t inputs, const std::string& name) const {
    const std::vector<double>& weight = weights.at(name);
    const auto outputs = static_cast<std::int64_t>(weight.size()) / inputs;
    const auto tokens = static_cast<std::int64_t>(x.size()) / inputs;
    std::vector<double> y(static_cast<std::size_t>(tokens * outputs));
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t i = 0; i < outputs; ++i) {
        double sum = 0;
        for (std::int64_t j = 0; j < inputs; ++j) {
          sum += weight[static_cast<std::size_t>(i * inputs + j)] * x[static_cast<std::size_t>(t * inputs + j)];
        }
        y[static_cast<std::size_t>(t * outputs + i)] = sum;
      }
    }
    return y;
  }

  std::vector<double> rotated(const std::vector<double>& x, std::int64_t heads) const {
    const std::int64_t tokens = static_cast<std::int64_t>(x.size()) / (heads * config.key_width);
    const bool torchscale = config.rotation == RotaryConvention::torchscale;
    const std::int64_t pairs = config.key_width / 2;
    std::vector<double> frequencies, y(x.size());
    std::vector<std::int64_t> positions;
    for (std::int64_t j = 0; j < pairs; ++j) {
      const std::int64_t steps = torchscale ? std::max<std::int64_t>(pairs - 1, 1) : pairs;
      frequencies.push_back(std::pow(10000.0, -static_cast<double>(j) / static_cast<double>(steps)));
    }
    for (std::int64_t t = 0; t < tokens; ++t) positions.push_back(t);
    kernels::reference::rotary<double>(
        {.x = x.data(),
         .y = y.data(),
         .positions = positions.data(),
         .frequencies = frequencies.data(),
         .tokens = tokens,
         .heads = heads,
         .width = config.key_width,
         .direction = 1,
         .pairs = torchscale ? kernels::RotaryPairs::interleaved : kernels::RotaryPairs::half_split});
    return y;
  }

  RetentionConfig config;
  std::map<std::string, std::vector<double>> weights;
};

// The tokens in pieces of `chunk`, with a state.
Tensor in_chunks(const Retention& retention, const Tensor& x, std::int64_t chunk) {
  const Tensor y = Tensor::empty(x.shape());
  MixerState state = retention.initial_state();
  MixerState* pointer = &state;
  for (std::int64_t begin = 0; begin < x.rows(); begin += chunk) {
    const std::int64_t end = std::min(begin + chunk, x.rows());
    const Var part = retention.forward(x.slice(begin, end), Segments::single(end - begin), {&pointer, 1});
    y.slice(begin, end).copy_from(part.value());
  }
  return y;
}

RetentionConfig eight_heads() {
  return {.heads = 8, .key_value_heads = 8, .key_width = 4, .value_width = 3, .projection_gain = 1.0f};
}

TEST(Retention, ComputesItsEquationsInEveryVariant) {
  const std::vector<double> x = test::random_values(150 * kWidth, "input");
  for (const RotaryConvention rotation : {RotaryConvention::half_split, RotaryConvention::torchscale}) {
    for (const auto normalisation : {RetentionNormalisation::none, RetentionNormalisation::canonical,
                                     RetentionNormalisation::torchscale_parallel}) {
      for (const bool head_weight : {false, true}) {
        // A large epsilon, because only it shows what the rows are divided by; large weights, so that their absolute
        // sums pass 1.
        const RetentionConfig config = {.heads = 6,
                                        .key_value_heads = 2,
                                        .key_width = 4,
                                        .value_width = 3,
                                        .rotation = rotation,
                                        .normalisation = normalisation,
                                        .head_weight = head_weight,
                                        .epsilon = 0.3f,
                                        .projection_gain = 1.5f};
        const Fresh fresh(config);
        if (head_weight) {
          const Tensor& weight = fresh.parameters.all().back().var.value();
          for (std::int64_t i = 0; i < 3; ++i) weight.mutable_floats()[i] = 0.5f + static_cast<float>(i);
        }
        const Tensor y = fresh.retention.forward(test::to_tensor(x, {150, kWidth}), Segments::single(150)).value();
        test::expect_close(test::to_doubles(y), Reference(config, fresh.parameters).outputs(x), 2e-6, "outputs");
      }
    }
  }
}

TEST(Retention, DecaysOfManyHeadsDoNotRoundToOne) {
  // Alone, each head would be scaled away by its norm; with a large epsilon the canonical divisor shows the decay.
  const RetentionConfig config = {
      .heads = 32, .key_value_heads = 32, .key_width = 2, .value_width = 2, .epsilon = 1.0f, .projection_gain = 1.0f};
  const Fresh fresh(config);
  const std::vector<double> x = test::random_values(60 * kWidth, "input");
  const Tensor y = fresh.retention.forward(test::to_tensor(x, {60, kWidth}), Segments::single(60)).value();
  test::expect_close(test::to_doubles(y), Reference(config, fresh.parameters).outputs(x), 2e-6, "outputs");
}

TEST(RetentionSlow, FormsAgreeAtLength8192) {
  const std::vector<double> values = test::random_values(8192 * kWidth, "input");
  const Tensor x = test::to_tensor(values, {8192, kWidth});
  const Fresh fresh(eight_heads());
  const std::vector<double> expected = Reference(eight_heads(), fresh.parameters).outputs(values);
  test::expect_close(test::to_doubles(fresh.retention.forward(x, Segments::single(8192)).value()), expected, 1e-5,
                     "parallel");
  for (const std::int64_t chunk : {1, 100, 512, 5000}) {
    SCOPED_TRACE(chunk);
    test::expect_close(test::to_doubles(in_chunks(fresh.retention, x, chunk)), expected, 1e-5, "chunked");
  }
}

TEST(RetentionSlow, SequencesBeyond65536Tokens) {
  constexpr std::int64_t kTokens = 65536 + 700;
  const std::vector<double> values = test::random_values(kTokens * kWidth, "input");
  const Tensor x = test::to_tensor(values, {kTokens, kWidth});
  const Fresh fresh(eight_heads());
  const std::vector<double> expected = Reference(eight_heads(), fresh.parameters).outputs(values);
  test::expect_close(test::to_doubles(fresh.retention.forward(x, Segments::single(kTokens)).value()), expected, 1e-5,
                     "parallel");
  test::expect_close(test::to_doubles(in_chunks(fresh.retention, x, 8192)), expected, 1e-5, "chunked");
}

TEST(Retention, TorchscalesParallelNormalisationCannotContinueFromAState) {
  RetentionConfig config = eight_heads();
  config.normalisation = RetentionNormalisation::torchscale_parallel;
  const Fresh fresh(config);
  MixerState state = fresh.retention.initial_state();
  MixerState* pointer = &state;
  EXPECT_EQ(
      test::error_of([&] {
        fresh.retention.forward(Tensor::zeros({2, kWidth}), Segments::single(2), {&pointer, 1});
      }),
      "retention: torchscale's parallel normalisation needs every token at once and cannot continue from a state; "
      "the canonical one can");
}

TEST(Retention, RefusesSizesThatDoNotFit) {
  const auto refusal = [](void (*spoil)(RetentionConfig&)) {
    RetentionConfig config = eight_heads();
    config.validate();
    spoil(config);
    return test::error_of([&] { config.validate(); });
  };
  EXPECT_EQ(refusal([](RetentionConfig& c) { c.value_width = 0; }), "model: value width must be positive, got 0");
  EXPECT_EQ(refusal([](RetentionConfig& c) { c.key_value_heads = 3; }),
            "model: key-value heads must divide heads, got 3 and 8");
  EXPECT_EQ(refusal([](RetentionConfig& c) { c.key_width = 3; }),
            "model: rotary positions need an even key width, got 3");
  EXPECT_EQ(refusal([](RetentionConfig& c) { c.heads = 1001; }),
            "model: retention must have at most 1000 heads, got 1001");
}

TEST(Retention, StartsAsPublished) {
  RetentionConfig config = eight_heads();
  config.projection_gain = RetentionConfig().projection_gain;
  const Fresh fresh(config);
  for (const Parameter& parameter : fresh.parameters.all()) {
    const std::vector<double> values = test::to_doubles(parameter.var.value());
    const double gain = parameter.name == "o_proj.weight" ? 0.5 : std::pow(2.0, -2.5);
    const double bound = gain * std::sqrt(6.0 / static_cast<double>(parameter.var.size(0) + parameter.var.size(1)));
    EXPECT_TRUE(parameter.decay);
    EXPECT_NEAR(*std::max_element(values.begin(), values.end()), bound, 0.1 * bound) << parameter.name;
    EXPECT_LE(*std::max_element(values.begin(), values.end()), bound * 1.000001) << parameter.name;
  }
}

TEST(Retention, StateAndWorkByArithmetic) {
  const Fresh fresh(eight_heads());
  EXPECT_EQ(fresh.retention.state_bytes(1, 2), 8 * 4 * 3 * 2);
  EXPECT_EQ(fresh.retention.state_bytes(1 << 20, 2), fresh.retention.state_bytes(1, 2));
  const std::int64_t recurrence = 4 * 10 * 8 * 4 * 3 + 2 * 55 * 8 * (4 + 3);
  EXPECT_EQ(fresh.retention.sequence_flops(10), recurrence);
  RetentionConfig config = eight_heads();
  config.normalisation = RetentionNormalisation::torchscale_parallel;
  EXPECT_EQ(Fresh(config).retention.sequence_flops(10), recurrence + 2 * 55 * 8 * 4);
}

}  // namespace
}  // namespace sequent
