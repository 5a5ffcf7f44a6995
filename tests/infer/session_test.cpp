#include "sequent/infer/session.h"

#include <gtest/gtest.h>

#include "sequent/infer/sampler.h"
#include "sequent/infer/sequence_logits.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// The golden models' weights are not fresh: their state decides the logits (see tools/golden/README.md).
class SessionOf : public testing::TestWithParam<std::string> {
 protected:
  SessionOf() : golden(GetParam()), loaded(load_model(golden.directory)) {
    // The longest sequence.
    std::int64_t longest = 0;
    for (std::int64_t i = 0; i < golden.segments.count(); ++i) {
      if (golden.segments.length(i) > golden.segments.length(longest)) longest = i;
    }
    ids.assign(golden.ids.begin() + golden.segments.begin(longest), golden.ids.begin() + golden.segments.end(longest));
  }

  test::Golden golden;
  LoadedModel loaded;
  std::vector<std::int32_t> ids;
};

TEST_P(SessionOf, ChunksOfAnySizeAndSingleTokensGiveTheLogitsOfOneForwardPass) {
  const Tensor expected =
      sequence_logits(*loaded.model, ids, Segments::single(static_cast<std::int64_t>(ids.size())), Form::parallel);
  for (const std::int64_t chunk : {1, 2, 7, 16, 512}) {
    Session session(*loaded.model, chunk);
    // The first half at once, the rest token by token.
    const std::size_t half = ids.size() / 2;
    session.feed(std::span(ids).first(half));
    for (std::size_t t = half; t < ids.size(); ++t) {
      const auto row = static_cast<std::int64_t>(t) - 1;
      test::expect_close(test::to_doubles(session.logits()), test::to_doubles(expected.slice(row, row + 1)), 1e-5,
                         "logits");
      session.feed(ids[t]);
    }
    EXPECT_EQ(session.position(), static_cast<std::int64_t>(ids.size()));
    EXPECT_EQ(session.state().bytes(), loaded.model->state_bytes(session.position()));
    EXPECT_EQ(std::vector(session.recent().begin(), session.recent().end()), ids);
  }
}

TEST_P(SessionOf, CopiesAreBranches) {
  constexpr int kMore = 5;
  // Models of learned positions end with the text.
  const auto text = std::span<const std::int32_t>(ids).first(ids.size() - kMore);
  Session session(*loaded.model);
  session.feed(text);
  const Session before = session;
  const std::vector<double> logits = test::to_doubles(before.logits());
  Session other = session;
  // Both go on, differently and in turns; each must be as if it were alone.
  for (int i = 0; i < kMore; ++i) {
    session.feed(1);
    other.feed(2);
  }
  Session alone(*loaded.model);
  alone.feed(text);
  for (int i = 0; i < kMore; ++i) alone.feed(2);
  EXPECT_EQ(test::to_doubles(other.logits()), test::to_doubles(alone.logits()));
  EXPECT_EQ(test::to_doubles(before.logits()), logits);
  EXPECT_EQ(before.position(), static_cast<std::int64_t>(text.size()));
  Session again = before;
  for (int i = 0; i < kMore; ++i) again.feed(1);
  EXPECT_EQ(test::to_doubles(again.logits()), test::to_doubles(session.logits()));
}

TEST_P(SessionOf, ResetForgetsEverything) {
  Session session(*loaded.model);
  session.feed(ids);
  session.reset();
  EXPECT_EQ(session.position(), 0);
  EXPECT_TRUE(session.recent().empty());
  EXPECT_FALSE(session.logits().defined());
  Session fresh(*loaded.model);
  EXPECT_EQ(test::to_doubles(session.feed(3)), test::to_doubles(fresh.feed(3)));
}

INSTANTIATE_TEST_SUITE_P(All, SessionOf, testing::ValuesIn(test::golden_models()),
                         [](const auto& each) { return test::test_name(each.param); });

TEST(Session, AWrongTokenIsAnErrorThatChangesNothing) {
  const auto model = test::small_model("mamba");
  Session session(*model, 2);
  session.feed(std::vector<std::int32_t>{1, 2, 3});
  const std::vector<double> logits = test::to_doubles(session.logits());
  EXPECT_EQ(test::error_of([&] {
              session.feed(std::vector<std::int32_t>{4, 5, 6, 257});
            }),
            "session: a token must be from 0 to 256, got 257");
  EXPECT_EQ(test::error_of([&] { session.feed(-1); }), "session: a token must be from 0 to 256, got -1");
  EXPECT_EQ(test::error_of([&] { session.feed(std::span<const std::int32_t>()); }),
            "session: there must be at least one token to read, got none");
  EXPECT_EQ(session.position(), 3);
  EXPECT_EQ(test::to_doubles(session.logits()), logits);
  EXPECT_EQ(test::error_of([&] { Session(*model, 0); }), "session: the chunk must be positive, got 0");
}

TEST(Session, RemembersAsManyTokensAsASamplerMayAskFor) {
  const auto model = test::small_model("mamba");
  Session session(*model);
  const std::vector<std::int32_t> ids = test::some_ids(3 * kMaximumRepeatWindow);
  for (std::size_t at = 0; at < ids.size(); at += 500) {
    session.feed(std::span(ids).subspan(at, std::min<std::size_t>(500, ids.size() - at)));
  }
  const auto recent = session.recent();
  ASSERT_GE(recent.size(), static_cast<std::size_t>(kMaximumRepeatWindow));
  ASSERT_LT(recent.size(), static_cast<std::size_t>(2 * kMaximumRepeatWindow));
  EXPECT_TRUE(std::equal(recent.begin(), recent.end(), ids.end() - static_cast<std::ptrdiff_t>(recent.size())));
}

}  // namespace
}  // namespace sequent
