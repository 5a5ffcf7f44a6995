// Every golden model against the reference implementation: logits in three forms, loss and all gradients.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/golden.h"
#include "tests/support/saved_model.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class GoldenModel : public testing::TestWithParam<std::string> {
 protected:
  GoldenModel() : golden(GetParam()), loaded(load_model(golden.directory)) {}

  // The tokens in pieces of `chunk`, all sequences that still have some going on together.
  Tensor chunked_logits(std::int64_t chunk) const {
    const LanguageModel& model = *loaded.model;
    std::vector<ModelState> states(static_cast<std::size_t>(golden.segments.count()), model.initial_state());
    const Tensor logits = Tensor::empty({golden.segments.tokens(), model.config().vocabulary});
    for (std::int64_t from = 0;; from += chunk) {
      std::vector<std::int32_t> ids;
      std::vector<std::int64_t> lengths, begins;
      std::vector<ModelState*> active;
      for (std::int64_t i = 0; i < golden.segments.count(); ++i) {
        const std::int64_t length = std::min(chunk, golden.segments.length(i) - from);
        if (length <= 0) continue;
        begins.push_back(golden.segments.begin(i) + from);
        lengths.push_back(length);
        active.push_back(&states[static_cast<std::size_t>(i)]);
        ids.insert(ids.end(), golden.ids.begin() + begins.back(), golden.ids.begin() + begins.back() + length);
      }
      if (active.empty()) return logits;
      const Segments segments = Segments::of_lengths(lengths);
      const Tensor part = model.logits(model.hidden(ids, segments, active));
      for (std::int64_t i = 0; i < segments.count(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        logits.slice(begins[at], begins[at] + lengths[at]).copy_from(part.slice(segments.begin(i), segments.end(i)));
      }
    }
  }

  void expect_logits(const Tensor& logits, const char* form) const {
    const std::vector<double> expected = test::to_doubles(golden.expected.tensor("logits"));
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    const std::vector<double> actual = test::to_doubles(logits);
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(actual[i] - expected[i]));
    RecordProperty(form, fmt::format("{:.2e} of the logit range", worst / (*high - *low)));
    EXPECT_LE(worst, 1e-5 * (*high - *low)) << form;
  }

  test::Golden golden;
  LoadedModel loaded;
};

TEST_P(GoldenModel, LogitsInAllThreeForms) {
  const LanguageModel& model = *loaded.model;
  expect_logits(model.logits(model.hidden(golden.ids, golden.segments)), "parallel");
  for (const std::int64_t chunk : {2, 5, 16}) expect_logits(chunked_logits(chunk), "chunked");
  expect_logits(chunked_logits(1), "recurrent");
}

TEST_P(GoldenModel, LossAndAllGradients) {
  loaded.model->parameters().flatten();
  Tape tape;
  const Var loss = test::golden_loss(*loaded.model, golden);
  tape.backward(loss);
  EXPECT_NEAR(loss.value().floats()[0], golden.expected.tensor("loss").floats()[0], 5e-6);
  // Whole published tensors: a part may have no gradient but rounding, as a bias of keys without positions has.
  std::vector<PublishedPiece> pieces;
  for (const Parameter& parameter : loaded.model->parameters().all()) {
    for (PublishedName& published : published_names(loaded.layout->names, parameter.name)) {
      if (!golden.expected.contains("gradient." + published.name)) continue;
      pieces.push_back({std::move(published), parameter.var.gradient_buffer()});
      break;
    }
  }
  ASSERT_EQ(pieces.size(), loaded.model->parameters().all().size());
  for (const NamedTensor& gradient : join_pieces(std::move(pieces))) {
    // Golden gradients are themselves exact to 1.2e-5 of the largest (tools/golden/README.md).
    test::expect_close(test::to_doubles(gradient.tensor),
                       test::to_doubles(golden.expected.tensor("gradient." + gradient.name)), 5e-5, gradient.name);
  }
}

TEST_P(GoldenModel, SavesWhatTheReferenceSaved) {
  const test::SavedModel saved(GetParam());
  save_model(saved.directory, *loaded.model, *loaded.layout);
  test::expect_saved_as(golden.directory, saved.directory, loaded.model->parameters().all(), loaded.layout->names,
                        loaded.layout->derived);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenModel, testing::ValuesIn(test::golden_models()),
                         [](const auto& instance) { return test::test_name(instance.param); });

}  // namespace
}  // namespace sequent
