// What must hold for every sequence mixer of the catalog with every channel mixer: models of two equal blocks.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sequent/autograd/tape.h"
#include "sequent/infer/state_file.h"
#include "sequent/models/architecture.h"
#include "sequent/models/model_directory.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/train/optimizer.h"
#include "tests/support/files.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

struct Pair {
  std::string mixer;
  std::string channel_mixer;
};

std::vector<Pair> grid() {
  std::vector<Pair> pairs;
  for (const MixerEntry& mixer : mixers()) {
    for (const ChannelMixerEntry& channel : channel_mixers()) {
      pairs.push_back({std::string(mixer.name), std::string(channel.name)});
    }
  }
  return pairs;
}

class Grid : public testing::TestWithParam<Pair> {
 protected:
  Grid() : model(make()) {
    // Fresh weights are so small that a state hardly shows: larger ones let mistakes be seen.
    for (const Parameter& parameter : model->parameters().all()) {
      if (!parameter.decay) continue;
      float* values = parameter.var.value().mutable_floats();
      for (std::int64_t i = 0; i < parameter.var.value().elements(); ++i) values[i] *= 3.0f;
    }
  }

  static std::unique_ptr<LanguageModel> make() {
    const LanguageModelConfig config =
        new_model_config("transformer", {.layers = 2,
                                         .width = 32,
                                         .heads = 4,
                                         .feed_forward = 40,
                                         .vocabulary = 61,
                                         .end_of_text = 60,
                                         .pattern = GetParam().mixer + "/" + GetParam().channel_mixer});
    return std::make_unique<LanguageModel>(config, *fresh_parameters(5));
  }

  static std::vector<std::int32_t> ids(std::int64_t count) {
    std::vector<std::int32_t> result = test::some_ids(count);
    for (std::int32_t& id : result) id %= 61;
    return result;
  }

  static std::vector<double> rows(const Var& hidden, std::int64_t begin, std::int64_t end) {
    return test::to_doubles(hidden.value().slice(begin, end));
  }
  static double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
  }

  // Tokens take no part in one another, except that experts compute theirs in one matrix product, whose last bits
  // depend on how many there are.
  static double no_difference() { return GetParam().channel_mixer == "moe" ? 1e-5 : 0.0; }

  std::unique_ptr<LanguageModel> model;
  const Segments segments{{0, 7, 8, 41}};
};

TEST_P(Grid, ParallelChunkedAndRecurrentAreOneFunction) {
  const auto tokens = ids(41);
  const Var whole = model->hidden(tokens, segments);
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    for (const std::int64_t chunk : {1, 5, 16}) {
      ModelState state = model->initial_state();
      ModelState* pointer = &state;
      for (std::int64_t begin = segments.begin(i); begin < segments.end(i); begin += chunk) {
        const std::int64_t end = std::min(begin + chunk, segments.end(i));
        const auto part =
            std::span(tokens).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
        const Var hidden = model->hidden(part, Segments::single(end - begin), {&pointer, 1});
        // The final norm makes values of about 1.
        EXPECT_LE(largest_difference(rows(hidden, 0, end - begin), rows(whole, begin, end)), 3e-5)
            << "chunks of " << chunk << ", sequence " << i << ", from " << begin;
      }
    }
  }
}

TEST_P(Grid, LaterTokensNeverChangeEarlierOutputs) {
  auto tokens = ids(40);
  const Var before = model->hidden(tokens, Segments::single(40));
  for (const std::int64_t changed : {1, 17, 39}) {
    auto other = tokens;
    for (auto t = static_cast<std::size_t>(changed); t < 40; ++t) other[t] = (other[t] + 11) % 61;
    const Var after = model->hidden(other, Segments::single(40));
    EXPECT_LE(largest_difference(rows(after, 0, changed), rows(before, 0, changed)), no_difference()) << changed;
    EXPECT_GT(largest_difference(rows(after, changed, 40), rows(before, changed, 40)), 0.01) << changed;
  }
}

TEST_P(Grid, PackedDocumentsDoNotSeeEachOther) {
  const auto tokens = ids(41);
  const Var before = model->hidden(tokens, segments);
  for (std::int64_t changed = 0; changed < segments.count(); ++changed) {
    auto other = tokens;
    for (std::int64_t t = segments.begin(changed); t < segments.end(changed); ++t) {
      other[static_cast<std::size_t>(t)] = (other[static_cast<std::size_t>(t)] + 11) % 61;
    }
    const Var after = model->hidden(other, segments);
    for (std::int64_t i = 0; i < segments.count(); ++i) {
      const double difference = largest_difference(rows(after, segments.begin(i), segments.end(i)),
                                                   rows(before, segments.begin(i), segments.end(i)));
      if (i == changed) {
        EXPECT_GT(difference, 0.01);
      } else {
        EXPECT_LE(difference, no_difference()) << "document " << changed << " leaks into " << i;
      }
    }
  }
}

TEST_P(Grid, EarlierTokensOfADocumentAreRemembered) {
  auto tokens = ids(20);
  const Var before = model->hidden(tokens, Segments::single(20));
  tokens[0] = (tokens[0] + 11) % 61;
  const Var after = model->hidden(tokens, Segments::single(20));
  EXPECT_GT(largest_difference(rows(after, 19, 20), rows(before, 19, 20)), 1e-4);
}

TEST_P(Grid, SavedAndLoadedItGivesTheSameLogits) {
  const test::TemporaryDirectory directory;
  save_model(directory.path(), *model);
  const LoadedModel loaded = load_model(directory.path());
  EXPECT_EQ(loaded.layout, &layout_for(model->config()));
  EXPECT_TRUE(same_function(loaded.model->config(), model->config()));
  const auto tokens = ids(41);
  const Var ours = model->hidden(tokens, segments);
  const Var theirs = loaded.model->hidden(tokens, segments);
  EXPECT_EQ(test::to_doubles(loaded.model->logits(theirs)), test::to_doubles(model->logits(ours)));
}

TEST_P(Grid, OneOptimizerStepLowersTheLoss) {
  model = make();
  model->parameters().flatten();
  const auto tokens = ids(41);
  std::vector<std::int32_t> targets(tokens.begin() + 1, tokens.end());
  targets.push_back(-1);
  const auto loss = [&] {
    return projected_cross_entropy(model->hidden(tokens, segments), model->projection(), targets).loss;
  };
  Tape tape;
  const Var before = loss();
  tape.backward(before);
  AdamW(model->parameters(), {}).step(1e-3f);
  const Tape::Pause pause;
  EXPECT_LT(loss().value().floats()[0], before.value().floats()[0] - 1e-3f);
  EXPECT_TRUE(std::isfinite(gradient_norm(model->parameters())));
}

TEST_P(Grid, ASavedSessionContinuesBitForBit) {
  const test::TemporaryDirectory directory;
  const LoadedModel loaded = {&layout_for(model->config()), std::move(model)};
  const auto tokens = ids(24);
  Session session(*loaded.model, 9);
  session.feed(std::span(tokens).first(17));
  save_session(directory / "state", loaded, session);
  Session restored = load_session(directory / "state", loaded);
  Session branch = session;
  for (std::size_t t = 17; t < tokens.size(); ++t) {
    const auto expected = test::to_doubles(session.feed(tokens[t]));
    ASSERT_EQ(test::to_doubles(restored.feed(tokens[t])), expected) << t;
    ASSERT_EQ(test::to_doubles(branch.feed(tokens[t])), expected) << t;
  }
}

TEST_P(Grid, TheStateOfASessionHasTheSizeByArithmetic) {
  const auto tokens = ids(70);
  Session session(*model, 16);
  for (const std::size_t more : {1, 30, 39}) {
    session.feed(std::span(tokens).subspan(static_cast<std::size_t>(session.position()), more));
    EXPECT_EQ(session.state().bytes(), model->state_bytes(session.position()));
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogs, Grid, testing::ValuesIn(grid()),
                         [](const auto& test) { return test.param.mixer + "_" + test.param.channel_mixer; });

}  // namespace
}  // namespace sequent
