#include "sequent/nn/mixture_config.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(MixtureConfig, EveryFieldIsListedAndSurvivesAsText) {
  MixtureConfig config = {.experts = 5,
                          .experts_per_token = 3,
                          .hidden_width = 7,
                          .gated = false,
                          .router_bias = true,
                          .renormalise = false,
                          .overflow = Overflow::hf_v4,
                          .capacity_factor = 1.25,
                          .eval_capacity_factor = 2,
                          .sequence_capacity = 9,
                          .jitter = 0.5f,
                          .expert_dropout = 0.25f,
                          .balance_loss = 0.125f,
                          .z_loss = 2,
                          .auxiliary_form = AuxiliaryForm::per_layer,
                          .variance_scale = 0.5f};
  MixtureConfig copy;
  const std::vector<Field> to = copy.fields();
  for (const Field& field : config.fields()) {
    EXPECT_NE(field_text(field), field_text(find_field(to, field.name))) << field.name << " has its default here";
    set_field(find_field(to, field.name), field_text(field));
  }
  for (const Field& field : config.fields()) EXPECT_EQ(field_text(find_field(to, field.name)), field_text(field));
  EXPECT_EQ(copy.overflow, Overflow::hf_v4);
  EXPECT_EQ(copy.auxiliary_form, AuxiliaryForm::per_layer);
}

TEST(MixtureConfig, RefusesWhatIsOutOfRange) {
  const auto message = [](const MixtureConfig& config) -> std::string {
    try {
      config.validate();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.experts = 0}), "mixture of experts: experts must be positive, got 0");
  EXPECT_EQ(message({.experts = 4, .experts_per_token = 5}),
            "mixture of experts: experts per token must be from 1 to 4, got 5");
  EXPECT_EQ(message({.sequence_capacity = -1}), "mixture of experts: sequence capacity must not be negative, got -1");
  EXPECT_EQ(message({.jitter = 2}), "mixture of experts: jitter must be from 0 to 1, got 2");
  EXPECT_NE(message({.expert_dropout = 1}), "");
  EXPECT_NE(message({.balance_loss = -1}), "");
}

}  // namespace
}  // namespace sequent
