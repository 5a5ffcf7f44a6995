#include "sequent/nn/channel_mixer.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(ChannelMixers, EveryOneButNoneMapsTokensOneByOne) {
  for (const ChannelMixerEntry& entry : channel_mixers()) {
    SCOPED_TRACE(entry.name);
    const auto source = fresh_parameters(1);
    Parameters parameters(*source);
    const auto mixer = entry.make({.hidden_width = 12, .weight_deviation = 0.5f, .residual_deviation = 0.5f}, 8,
                                  ParameterScope(parameters));
    if (entry.name == "none") {
      EXPECT_EQ(mixer, nullptr);
      EXPECT_EQ(parameters.count(), 0);
      continue;
    }
    const Tensor x = test::to_tensor(test::random_values(3 * 8, "x"), {3, 8});
    const Tensor y = mixer->forward(x).value();
    ASSERT_EQ(y.shape(), (Shape{3, 8}));
    const Tensor second = mixer->forward(x.slice(1, 2)).value();
    test::expect_close(test::to_doubles(second), test::to_doubles(y.slice(1, 2)), 1e-5, "token 1");
  }
}

TEST(ChannelMixers, AnUnknownNameListsTheKnownOnes) {
  try {
    channel_mixer("moa");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "channel mixer: there is no 'moa'; known are none, mlp, glu, moe");
  }
}

}  // namespace
}  // namespace sequent
