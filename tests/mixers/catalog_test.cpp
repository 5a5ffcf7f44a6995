#include "sequent/mixers/catalog.h"

#include <gtest/gtest.h>

#include <set>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(MixerCatalog, NamesAreUniqueAndHaveHelp) {
  std::set<std::string_view> names;
  for (const MixerEntry& entry : mixers()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.help.empty());
    EXPECT_EQ(&mixer(entry.name), &entry);
  }
}

TEST(MixerCatalog, AnUnknownNameListsTheKnownOnes) {
  EXPECT_THROW(mixer("hyena"), Error);
}

}  // namespace
}  // namespace sequent
