#include "sequent/cli/video_encoder_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

TEST(VideoEncoderFlags, ClipsAreAsTheEncoderWasMadeForUnlessAskedOtherwise) {
  const auto source = fresh_parameters(5);
  const test::TemporaryDirectory directory;
  save_vjepa(directory.path(), VJepa(test::small_vjepa(), *source));
  const auto parsed = [&](std::vector<std::string> words) {
    auto app = std::make_unique<CLI::App>();
    auto flags = std::make_unique<VideoEncoderFlags>(*app);
    words.insert(words.begin(), directory.path().string());
    std::reverse(words.begin(), words.end());
    app->parse(words);
    return flags;
  };
  const auto plain = parsed({});
  const auto encoder = plain->open();
  const VideoFeatureSettings made_for = plain->settings(encoder->transformer().config());
  EXPECT_EQ(made_for.sampling.frames, 4);
  EXPECT_EQ(made_for.size, 8);
  EXPECT_EQ(made_for.sampling.clips, 1);
  EXPECT_FALSE(made_for.sampling.random);
  const VideoFeatureSettings asked =
      parsed({"--clips", "3", "--stride", "2", "--frames", "6", "--size", "16", "--views", "2"})
          ->settings(encoder->transformer().config());
  EXPECT_EQ(asked.sampling.clips, 3);
  EXPECT_EQ(asked.sampling.stride, 2);
  EXPECT_EQ(asked.sampling.frames, 6);
  EXPECT_EQ(asked.size, 16);
  EXPECT_EQ(asked.views, 2);
  // Fresh weights are others, of the same sizes.
  const auto fresh = plain->fresh(7);
  ASSERT_EQ(fresh->parameters().count(), encoder->parameters().count());
  EXPECT_NE(test::to_doubles(fresh->parameters().all()[0].var.value()),
            test::to_doubles(encoder->parameters().all()[0].var.value()));
}

}  // namespace
}  // namespace sequent
