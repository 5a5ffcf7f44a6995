#include "sequent/base/fields.h"

#include <gtest/gtest.h>

#include <array>

#include "sequent/base/error.h"

namespace sequent {
namespace {

enum class Colour : std::uint8_t { red, green };
constexpr std::array<std::string_view, 2> kColours = {"red", "green"};

struct Settings {
  std::int64_t steps = 5;
  double rate = 0.5;
  bool fast = false;
  std::string name = "a";
  std::vector<std::string> paths = {"x", "y"};
  float share = 0.25f;
  Colour colour = Colour::green;

  std::vector<Field> fields() {
    return {{"steps", "how many", &steps},
            {"rate", "how quick", &rate},
            {"fast", "or slow", &fast},
            {"name", "of it", &name},
            {"paths", "to it", &paths},
            {"share", "of it", &share},
            {"colour", "on it", choice(colour, kColours)}};
  }
};

std::string refusal(std::string_view name, std::string_view text) {
  Settings settings;
  try {
    set_field(find_field(settings.fields(), name), text);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Fields, ReadEveryKindOfValue) {
  Settings settings;
  const auto set = [&](std::string_view name, std::string_view text) {
    set_field(find_field(settings.fields(), name), text);
  };
  set("steps", "12");
  set("rate", "1e-3");
  set("fast", "true");
  set("name", "two words");
  set("paths", "one,two,three");
  set("share", "0.1");
  set("colour", "red");
  EXPECT_EQ(settings.steps, 12);
  EXPECT_EQ(settings.rate, 1e-3);
  EXPECT_TRUE(settings.fast);
  EXPECT_EQ(settings.name, "two words");
  EXPECT_EQ(settings.paths, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(settings.share, 0.1f);
  EXPECT_EQ(settings.colour, Colour::red);
}

TEST(Fields, WholeNumbersMayHaveAUnit) {
  Settings settings;
  const std::vector<Field> fields = settings.fields();
  for (const auto& [text, value] : {std::pair<const char*, std::int64_t>{"1M", 1'000'000},
                                    {"2.5K", 2500},
                                    {"1e6", 1'000'000},
                                    {"3G", 3'000'000'000},
                                    {"-7", -7}}) {
    set_field(fields[0], text);
    EXPECT_EQ(settings.steps, value) << text;
  }
}

TEST(Fields, RefuseWhatIsNoSuchValue) {
  EXPECT_EQ(refusal("steps", "many"), "steps: 'many' is not a whole number");
  EXPECT_EQ(refusal("steps", "1.5"), "steps: '1.5' is not a whole number");
  EXPECT_EQ(refusal("steps", ""), "steps: '' is not a whole number");
  EXPECT_EQ(refusal("rate", "nan"), "rate: 'nan' is not a number");
  EXPECT_EQ(refusal("rate", "1e-3x"), "rate: '1e-3x' is not a number");
  EXPECT_EQ(refusal("fast", "yes"), "fast: must be true or false, got 'yes'");
  EXPECT_EQ(refusal("colour", "blue"), "colour: must be one of red, green, got 'blue'");
  EXPECT_EQ(refusal("stesp", "1"), "there is no setting 'stesp'; did you mean 'steps'?");
}

TEST(Fields, WriteTomlWithHelp) {
  Settings settings;
  settings.name = "quo\"te\n";
  settings.rate = 2;
  EXPECT_EQ(to_toml(settings.fields()),
            "# how many\nsteps = 5\n# how quick\nrate = 2.0\n# or slow\nfast = false\n# of it\n"
            "name = \"quo\\\"te\\u000a\"\n# to it\npaths = [\"x\", \"y\"]\n"
            "# of it\nshare = 0.25\n# on it\ncolour = \"green\"\n");
}

TEST(Fields, TextOfAFieldSetsItAgain) {
  Settings from, to;
  from.rate = 0.1;
  from.paths = {"p"};
  from.share = 0.1f;
  from.colour = Colour::red;
  for (std::size_t i = 0; i < from.fields().size(); ++i) set_field(to.fields()[i], field_text(from.fields()[i]));
  EXPECT_EQ(to.rate, 0.1);
  EXPECT_EQ(to.paths, from.paths);
  EXPECT_EQ(to.share, 0.1f);
  EXPECT_EQ(to.colour, Colour::red);
}

}  // namespace
}  // namespace sequent
