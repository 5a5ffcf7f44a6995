#include "sequent/infer/sequence_logits.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class SequenceLogits : public testing::TestWithParam<std::string> {};

TEST_P(SequenceLogits, AllFormsGiveTheReferenceImplementationsNumbers) {
  const test::Golden golden(GetParam());
  const LoadedModel loaded = load_model(golden.directory);
  const std::vector<double> expected = test::to_doubles(golden.expected.tensor("logits"));
  const auto expect_form = [&](Form form, std::int64_t chunk, const char* what) {
    const Tensor logits = sequence_logits(*loaded.model, golden.ids, golden.segments, form, chunk);
    test::expect_close(test::to_doubles(logits), expected, 1e-5, what);
  };
  expect_form(Form::parallel, 0, "parallel");
  expect_form(Form::recurrent, 0, "recurrent");
  for (const std::int64_t chunk : {1, 2, 5, 16, 1000}) expect_form(Form::chunked, chunk, "chunked");
}

INSTANTIATE_TEST_SUITE_P(All, SequenceLogits, testing::ValuesIn(test::golden_models()),
                         [](const auto& each) { return test::test_name(each.param); });

TEST(SequenceLogits, RefusesWhatDoesNotFit) {
  const auto model = test::small_model("transformer");
  const std::vector<std::int32_t> ids = {1, 2, 3};
  EXPECT_EQ(test::error_of([&] { sequence_logits(*model, ids, Segments::single(2), Form::parallel); }),
            "logits: the sequences must have 2 ids in all, got 3");
  EXPECT_EQ(test::error_of([&] { sequence_logits(*model, ids, Segments::single(3), Form::chunked, 0); }),
            "logits: the chunk must be positive, got 0");
  EXPECT_EQ(test::error_of([] { form_of("sideways"); }),
            "form: there is no 'sideways'; known are parallel, chunked, recurrent");
}

}  // namespace
}  // namespace sequent
