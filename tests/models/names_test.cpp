#include "sequent/models/names.h"

#include <gtest/gtest.h>

#include <array>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"

namespace sequent {
namespace {

constexpr std::array<NameRule, 3> kRules = {
    {{"layers.{}.mixer.{}", "h.{}.attn.{}"}, {"embedding.weight", "wte"}, {"embedding.weight", "old.wte"}}};

TEST(Names, HolesCarryTheLayerAndTheRest) {
  const auto names = published_names(kRules, "layers.12.mixer.q.weight");
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0].name, "h.12.attn.q.weight");
}

TEST(Names, AlternativesComeInOrder) {
  const auto names = published_names(kRules, "embedding.weight");
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].name, "wte");
  EXPECT_EQ(names[1].name, "old.wte");
}

TEST(Names, APieceSaysWhereItStands) {
  constexpr auto kStacked = NameRule::Layout::stacked;
  constexpr std::array<NameRule, 2> rules = {{{"layers.{}.experts.{}.up.weight", "h.{}.experts", kStacked, 1, 2},
                                              {"layers.{}.k.{}", "h.{}.qkv.{}", NameRule::Layout::transposed, 1, 3}}};
  const PublishedName expert = published_names(rules, "layers.4.experts.17.up.weight").front();
  EXPECT_EQ(expert.name, "h.4.experts");
  EXPECT_EQ(expert.entry, 17);
  EXPECT_EQ(expert.part, 1);
  EXPECT_EQ(expert.parts, 2);
  const PublishedName key = published_names(rules, "layers.4.k.bias").front();
  EXPECT_EQ(key.name, "h.4.qkv.bias");
  EXPECT_EQ(key.layout, NameRule::Layout::transposed);
  EXPECT_THROW(published_names(rules, "layers.4.experts.shared.up.weight"), Error);
}

TEST(Names, AParameterWithoutARuleIsAnError) {
  EXPECT_THROW(published_names(kRules, "layers.12.norm.weight"), Error);
  EXPECT_THROW(published_names(kRules, "embedding.weights"), Error);
}

TEST(Names, EveryLayoutNamesEveryParameterOfItsModels) {
  for (const Architecture& entry : architectures()) {
    SCOPED_TRACE(entry.name);
    LanguageModelConfig config = new_model_config(entry.name, {.layers = 2, .width = 32, .vocabulary = 10});
    config.tied = false;
    const auto source = shapes_only();
    const LanguageModel model(config, *source);
    for (const Parameter& parameter : model.parameters().all()) {
      EXPECT_FALSE(published_names(layout_for(config).names, parameter.name).empty()) << parameter.name;
    }
  }
}

}  // namespace
}  // namespace sequent
