#include "sequent/cli/verbs.h"

#include <gtest/gtest.h>

#include "tests/support/command.h"

namespace sequent {
namespace {

using test::sequent;

TEST(Command, HelpListsEveryVerb) {
  const test::CommandResult help = sequent({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const Verb& verb : verbs()) {
    EXPECT_NE(help.out.find("  " + std::string(verb.name) + " "), std::string::npos) << verb.name;
    EXPECT_NE(help.out.find(verb.help), std::string::npos) << verb.name;
  }
}

TEST(Command, EveryVerbHasAHelpOfItsOwn) {
  for (const Verb& verb : verbs()) {
    const test::CommandResult help = sequent({std::string(verb.name), "--help"});
    EXPECT_EQ(help.exit_code, 0) << verb.name;
    EXPECT_EQ(help.err, "") << verb.name;
    EXPECT_NE(help.out.find("Usage: sequent " + std::string(verb.name)), std::string::npos) << help.out;
  }
}

TEST(Command, NamesItsVersion) {
  const test::CommandResult version = sequent({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("sequent ")) << version.out;
}

TEST(Command, WrongUsageIsExitCodeTwoWithASuggestion) {
  const test::CommandResult misspelt = sequent({"genrate"});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_EQ(misspelt.out, "");
  EXPECT_EQ(misspelt.err, "sequent: there is no verb 'genrate'; did you mean 'generate'?\nSee 'sequent --help'.\n");
  const test::CommandResult unknown = sequent({"photosynthesize"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err, "sequent: there is no verb 'photosynthesize'\nSee 'sequent --help'.\n");
  const test::CommandResult nothing = sequent({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.out, "");
}

}  // namespace
}  // namespace sequent
