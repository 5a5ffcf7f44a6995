#include "sequent/text/charsmap.h"

#include <gtest/gtest.h>

#include "sequent/base/random.h"
#include "tests/support/files.h"
#include "tests/text/charsmaps.h"

namespace sequent {
namespace {

using namespace std::string_literals;

TEST(Charsmap, FindsTheShortestAndTheLongestEntry) {
  const Charsmap map(test::charsmap({{"a", "1"}, {"abc", "longer"}, {"b", ""}, {"\u00e9", "e"}}), "test");
  EXPECT_EQ(map.shortest("abcd")->length, 1u);
  EXPECT_EQ(map.shortest("abcd")->replacement, "1");
  EXPECT_EQ(map.longest("abcd")->length, 3u);
  EXPECT_EQ(map.longest("abcd")->replacement, "longer");
  EXPECT_EQ(map.longest("abx")->replacement, "1");
  EXPECT_EQ(map.longest("b")->replacement, "");
  EXPECT_EQ(map.longest("\u00e9x")->replacement, "e");
  EXPECT_FALSE(map.longest("x").has_value());
  EXPECT_FALSE(map.longest("").has_value());
  EXPECT_FALSE(map.longest("\0a"s).has_value());
}

TEST(Charsmap, RefusesATrieThatIsNotThere) {
  EXPECT_EQ(test::error_of([] { Charsmap("abc", "file"); }),
            "file: the character map must have at least 4 bytes, got 3");
  for (const std::string& size : {"\0\0\0\0"s, "\3\0\0\0"s, "\xFC\xFF\xFF\xFF"s, "\x08\0\0\0"s}) {
    EXPECT_NE(test::error_of([&] { Charsmap(size + "abcd", "file"); }).find("must lie within its 8 bytes"),
              std::string::npos);
  }
}

TEST(Charsmap, AnyDamageIsAnErrorOrAnEntry) {
  const std::string good = test::charsmap({{"ab", "12"}, {"b", "3"}});
  const Random random(1, 0);
  int refused = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::string damaged = good;
    for (std::uint64_t k = 0; k < 40; ++k) {
      damaged[4 + random.below(100 * i + 2 * k, damaged.size() - 4)] =
          static_cast<char>(random.below(100 * i + 2 * k + 1, 256));
    }
    const Charsmap map(damaged, "test");
    for (const char* text : {"ab", "b", "\xFF\xFE\xFD", "zzz"}) {
      try {
        map.longest(text);
        map.shortest(text);
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace sequent
