#include "sequent/infer/stop_strings.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

// What is shown in the end of a text that comes in pieces of `size` bytes.
std::string shown(const std::vector<std::string>& stops, const std::string& text, std::size_t size) {
  StopStrings strings(stops);
  std::string result;
  for (std::size_t at = 0; at < text.size() && !strings.found(); at += size)
    result += strings.push(text.substr(at, size));
  return result + strings.flush();
}

TEST(StopStrings, TheTextEndsBeforeTheFirstOneHoweverItIsCut) {
  for (std::size_t size = 1; size < 12; ++size) {
    EXPECT_EQ(shown({"END"}, "some ENtext END more", size), "some ENtext ") << size;
    EXPECT_EQ(shown({"\nUser:", "xyz"}, "hello\nUs\nUser: x", size), "hello\nUs") << size;
    EXPECT_EQ(shown({"abab"}, "aababab", size), "a") << size;
    EXPECT_EQ(shown({"END"}, "never here EN", size), "never here EN") << size;
    EXPECT_EQ(shown({}, "nothing to find", size), "nothing to find") << size;
  }
}

TEST(StopStrings, HoldsBackOnlyWhatMayBecomeOne) {
  StopStrings strings({"stop"});
  EXPECT_EQ(strings.push("a st"), "a ");
  EXPECT_EQ(strings.push("r"), "str");
  EXPECT_EQ(strings.push("sto"), "");
  EXPECT_EQ(strings.push("p and on"), "");
  EXPECT_TRUE(strings.found());
  EXPECT_EQ(strings.push("more"), "");
  EXPECT_EQ(strings.flush(), "");
}

TEST(StopStrings, AnEmptyOneIsAnError) {
  EXPECT_EQ(test::error_of([] { StopStrings({"a", ""}); }), "generate: a stop string must not be empty");
}

}  // namespace
}  // namespace sequent
