// Our own layout.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"
#include "sequent/models/layout.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

using nlohmann::json;

LanguageModelConfig hybrid() {
  return new_model_config(
      "mamba",
      {.width = 64, .vocabulary = 99, .context = 77, .end_of_text = 5, .pattern = "3*mamba/none attention/glu"});
}

std::string refusal(void (*spoil)(json&)) {
  json object = kSequent.write(hybrid());
  spoil(object);
  try {
    kSequent.read(object);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

// One value that no default has for every field.
void change(const Field& field) {
  struct Change {
    void operator()(std::int64_t* value) const { *value += 3; }
    void operator()(double* value) const { *value += 0.1; }
    void operator()(float* value) const { *value += 0.1f; }
    void operator()(bool* value) const { *value = !*value; }
    void operator()(std::string* value) const { *value += "x"; }
    void operator()(std::vector<std::string>* value) const { value->push_back("x"); }
    void operator()(const Field::Choice& choice) const { *choice.value = *choice.value == 0 ? 1 : 0; }
  };
  std::visit(Change{}, field.value);
}

TEST(SequentLayout, EveryFieldSurvives) {
  std::string pattern;
  for (const MixerEntry& mixer : mixers()) {
    for (const ChannelMixerEntry& channel : channel_mixers()) {
      pattern += fmt::format("{}/{} ", mixer.name, channel.name);
    }
  }
  LanguageModelConfig config = new_model_config("mamba", {.width = 64, .vocabulary = 99, .pattern = pattern});
  for (const FieldGroup& group : field_groups(config)) {
    for (const Field& field : group.fields) change(field);
  }
  LanguageModelConfig again = kSequent.read(json::parse(kSequent.write(config).dump()));
  EXPECT_EQ(again.blocks, config.blocks);
  const auto groups = field_groups(config);
  const auto groups_again = field_groups(again);
  ASSERT_EQ(groups.size(), 3 + mixers().size());  // the model, channel_mixer and mixture
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (std::size_t i = 0; i < groups[group].fields.size(); ++i) {
      EXPECT_EQ(field_text(groups_again[group].fields[i]), field_text(groups[group].fields[i]))
          << groups[group].name << "." << groups[group].fields[i].name;
    }
  }
}

TEST(SequentLayout, IsReadable) {
  const json object = kSequent.write(hybrid());
  EXPECT_EQ(object["model_type"], "sequent");
  EXPECT_EQ(object["pattern"], "3*mamba/none attention/glu");
  EXPECT_EQ(object["norm_epsilon"].dump(), "1e-05");
  EXPECT_EQ(object["mamba"]["states"], 16);
  EXPECT_EQ(object["channel_mixer"]["activation"], "silu");
}

TEST(SequentLayout, RefusalsNameWhatIsWrong) {
  EXPECT_EQ(refusal([](json&) {}), "accepted");
  EXPECT_EQ(refusal([](json& object) { object.erase("version"); }), "config.json: version is missing");
  EXPECT_EQ(refusal([](json& object) { object["version"] = 2; }), "config.json: version must be 1, got 2");
  EXPECT_EQ(refusal([](json& object) { object["widht"] = 2; }),
            "config.json: there is no setting 'widht'; did you mean 'width'?");
  EXPECT_EQ(refusal([](json& object) { object["mamba"]["tap"] = 2; }),
            "config.json: there is no setting 'tap'; did you mean 'taps'?");
  EXPECT_EQ(refusal([](json& object) { object["width"] = "wide"; }),
            "config.json: width has an unusable value, \"wide\"");
  EXPECT_EQ(refusal([](json& object) { object["channel_mixer"]["activation"] = "tanh"; }),
            "config.json: activation: must be one of identity, silu, gelu, gelu_tanh, relu, got 'tanh'");
  EXPECT_EQ(refusal([](json& object) { object.erase("mamba"); }), "config.json: mamba is missing");
  EXPECT_NE(refusal([](json& object) {
              object["pattern"] = "mamba/none rnn/glu";
            }).find("pattern: character 12 of 'mamba/none rnn/glu': mixer: there is no 'rnn'"),
            std::string::npos);
}

}  // namespace
}  // namespace sequent
