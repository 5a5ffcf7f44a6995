#include "sequent/eval/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/support/browser.h"
#include "tests/support/small_comparison.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

// The object in the page, as its script reads it.
std::string embedded(const std::string& page) {
  const std::string opening = "<script type=\"application/json\" id=\"results\">";
  const std::size_t begin = page.find(opening) + opening.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(Report, HoldsItsResultsWhateverTheTextsSay) {
  const Json results = {{"text", "</script><script>alert(1)</script> <!-- & \\u003c \" ' \xe2\x80\xa8"}};
  const std::string text = embedded(report_html(results));
  EXPECT_EQ(Json::parse(text), results);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos);
}

TEST(Report, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Json::parse(embedded(report_html({{"text", "a\xff"}})))["text"], "a\xef\xbf\xbd");
}

TEST(Report, NeedsNothingFromElsewhere) {
  const std::string page = report_html(Json::object());
  for (const char* outside : {"src=", "@import", "url(http", "<link", "fetch(", "XMLHttpRequest"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

/// A report of a real comparison, in a browser.
class ReportSlow : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory = new test::TemporaryDirectory;
    CompareConfig config = test::small_comparison(*directory);
    config.prompt = "</script><b id='broken'>";
    config.seeds = 2;
    results = compare(config, {});
    // As if every model had experts, whatever the catalog has.
    for (Json& model : results["architectures"]) {
      model["runs"][0]["moe"] = {{{"layer", 1}, {"share", {0.7, 0.2, 0.1}}, {"drop_rate", 0.02}, {"entropy", 0.9}}};
    }
    page = directory->write("report.html", report_html(results));
  }
  static void TearDownTestSuite() {
    delete directory;
    directory = nullptr;
  }

  // What is in the figure of a chart.
  static std::string chart(const std::string& document, const std::string& id) {
    const std::size_t begin = document.find("id=\"chart-" + id + "\"");
    EXPECT_NE(begin, std::string::npos) << id;
    return begin == std::string::npos ? "" : document.substr(begin, document.find("</figure>", begin) - begin);
  }

  // The points of the curve of this kind and model; all its coordinates are numbers.
  static std::int64_t points(const std::string& chart, const std::string& kind, const std::string& model) {
    const std::regex path("<path class=\"line " + kind + "\" data-model=\"" + model +
                          "\" data-points=\"(\\d+)\" d=\"([^\"]*)\"");
    std::smatch match;
    if (!std::regex_search(chart, match, path)) return 0;
    const std::string line = match[2];
    EXPECT_TRUE(std::regex_match(line, std::regex("M[-0-9.]+,[-0-9.]+(L[-0-9.]+,[-0-9.]+)*"))) << line;
    const auto count = 1 + std::count(line.begin(), line.end(), 'L');
    EXPECT_EQ(std::to_string(count), match[1].str());
    return count;
  }

  static test::TemporaryDirectory* directory;
  static Json results;
  static std::string page;
};
test::TemporaryDirectory* ReportSlow::directory = nullptr;
Json ReportSlow::results;
std::string ReportSlow::page;

TEST_F(ReportSlow, ABrowserDrawsACurveForEachArchitectureInEachChart) {
  const std::string document = test::document_after_scripts(page);
  EXPECT_NE(document.find("data-drawn=\"true\""), std::string::npos);
  for (const Json& model : results["architectures"]) {
    const auto name = model["name"].get<std::string>();
    SCOPED_TRACE(name);
    for (const char* id : {"tokens", "seconds", "flops"}) {
      const std::string figure = chart(document, id);
      EXPECT_EQ(points(figure, "train", name), 30) << id;
      EXPECT_EQ(points(figure, "validation", name), 3) << id;
      EXPECT_NE(figure.find("class=\"band\" data-model=\"" + name + "\""), std::string::npos) << id;
    }
    for (const char* id : {"decode", "state", "prefill", "peak"}) {
      EXPECT_EQ(points(chart(document, id), "context", name), 2) << id;
    }
  }
  std::int64_t bars = 0;
  for (std::size_t at = document.find("class=\"expert\""); at != std::string::npos;
       at = document.find("class=\"expert\"", at + 1))
    ++bars;
  EXPECT_EQ(bars, 3 * std::ssize(results["architectures"]));
  EXPECT_EQ(document.find("NaN"), std::string::npos);
}

TEST_F(ReportSlow, ABrowserShowsTextsAsTexts) {
  const std::string document = test::document_after_scripts(page);
  EXPECT_NE(document.find("Each goes on from: &lt;/script&gt;&lt;b id='broken'&gt;"), std::string::npos);
  EXPECT_EQ(document.find("<b id="), std::string::npos);
  for (const Json& sentence : results["summary"]) {
    EXPECT_NE(document.find("<li>" + sentence.get<std::string>() + "</li>"), std::string::npos) << sentence;
  }
}

TEST_F(ReportSlow, ABrowserFollowsTheThemeOfTheSystem) {
  EXPECT_NE(test::document_after_scripts(page, {"--blink-settings=preferredColorScheme=0"}).find("data-theme=\"dark\""),
            std::string::npos);
  EXPECT_NE(
      test::document_after_scripts(page, {"--blink-settings=preferredColorScheme=1"}).find("data-theme=\"light\""),
      std::string::npos);
}

}  // namespace
}  // namespace sequent
