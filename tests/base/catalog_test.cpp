#include "sequent/base/catalog.h"

#include <gtest/gtest.h>

#include <array>

namespace sequent {
namespace {

struct Entry {
  std::string_view name;
};
constexpr std::array<Entry, 2> kEntries = {{{"one"}, {"two"}}};

TEST(Catalog, FindsByNameAndListsWhenThereIsNone) {
  EXPECT_EQ(&find_entry("thing", std::span<const Entry>(kEntries), "two"), &kEntries[1]);
  try {
    find_entry("thing", std::span<const Entry>(kEntries), "three");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "thing: there is no 'three'; known are one, two");
  }
}

}  // namespace
}  // namespace sequent
