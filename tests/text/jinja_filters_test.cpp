#include "sequent/text/jinja_filters.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaFilters, AreFoundByName) {
  ASSERT_TRUE(find_filter("trim"));
  EXPECT_EQ(find_filter("trim")->name, "trim");
  EXPECT_EQ(find_filter("escape"), nullptr);
  EXPECT_TRUE(filter_names().starts_with("capitalize, count, d, default, "));
}

TEST(JinjaFilters, OthersAreRefusedWithTheirLine) {
  EXPECT_TRUE(
      refusal("\n{{ 1|escape }}").starts_with("test, line 2: the filter 'escape' is not supported; supported: "));
  EXPECT_TRUE(refusal("{{ [1]|map('escape') }}").starts_with("map: there is no filter 'escape'"));
}

TEST(JinjaFilters, ArgumentsAreChecked) {
  EXPECT_EQ(refusal("{{ {}|dictsort(by='x') }}"), "dictsort: by must be 'key' or 'value', got 'x'");
  EXPECT_EQ(refusal("{{ 1|tojson(indent=65) }}"), "tojson: the indent must be at most 64, got 65");
  EXPECT_EQ(refusal("{{ 1|tojson(separators=',') }}"), "tojson: separators must be two strings");
  EXPECT_EQ(refusal("{{ [1]|selectattr }}"), "selectattr: the attribute is missing");
  EXPECT_EQ(refusal("{{ '1'|int(0, 2) }}"), "int: takes 1 arguments, got 2");
  EXPECT_EQ(refusal("{{ 1e300|int }}"), "int: 1e+300 is beyond 64 bits");
}

TEST(JinjaFilters, FiltersThatCallFiltersAreBounded) {
  std::string many = "{{ [[1]]|map(";
  for (int i = 0; i < 90; ++i) many += "'map', ";
  EXPECT_NE(refusal(many + "'list')|list }}"), "");
}

TEST(JinjaFilters, AGeneratorHandsOutItsItemsOnce) {
  EXPECT_EQ(rendered("{% set g = [1, 2, 3]|select %}{{ g|first }}{{ g|list }}{{ g|list }}"), "1[2, 3][]");
}

}  // namespace
}  // namespace sequent::jinja
