#include "sequent/text/document_batcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sequent {
namespace {

constexpr std::size_t kKibibyte = 1024;

// Gathers documents into jobs, with cuts only before a '|', and puts the documents together again.
struct Gathered {
  std::vector<std::string> documents;
  std::vector<std::size_t> job_sizes;
  std::size_t most_at_once = 0;
  DocumentBatcher batcher = {
      [](std::string_view text, std::int64_t at) {
        return static_cast<std::int64_t>(std::min(text.find('|', static_cast<std::size_t>(at)), text.size()));
      },
      [this](std::span<const DocumentJob> jobs) {
        most_at_once = std::max(most_at_once, jobs.size());
        for (const DocumentJob& job : jobs) {
          job_sizes.push_back(job.text.size());
          for (std::size_t i = 0; i < job.parts.size(); ++i) {
            if (job.parts[i].starts_document) documents.emplace_back();
            documents.back() += job.part(i);
          }
        }
      }};
};

TEST(DocumentBatcher, ShortDocumentsShareAJob) {
  Gathered gathered;
  for (const char* text : {"one", "", "two", "three"}) gathered.batcher.add_document(text);
  EXPECT_TRUE(gathered.documents.empty());
  gathered.batcher.finish();
  EXPECT_EQ(gathered.documents, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(gathered.job_sizes, std::vector<std::size_t>{11});
  gathered.batcher.finish();
  EXPECT_EQ(gathered.job_sizes.size(), 1u);
}

TEST(DocumentBatcher, ALongDocumentIsCutWhereItMayBe) {
  Gathered gathered;
  std::string text(1000 * kKibibyte, 'a');
  const std::vector<std::size_t> cuts = {300 * kKibibyte, 600 * kKibibyte, 950 * kKibibyte};
  for (const std::size_t cut : cuts) text[cut] = '|';
  gathered.batcher.add_document("before");
  gathered.batcher.add_document(text);
  gathered.batcher.add_document("after");
  gathered.batcher.finish();
  EXPECT_EQ(gathered.documents, (std::vector<std::string>{"before", text, "after"}));
  EXPECT_EQ(gathered.job_sizes,
            (std::vector<std::size_t>{6 + cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], text.size() - cuts[2] + 5}));
}

TEST(DocumentBatcher, OnlySoMuchTextWaits) {
  Gathered gathered;
  std::string text(30'000 * kKibibyte, 'a');
  for (std::size_t i = 0; i < text.size(); i += 100) text[i] = '|';
  gathered.batcher.add_document(text);
  EXPECT_FALSE(gathered.job_sizes.empty());
  gathered.batcher.finish();
  EXPECT_EQ(gathered.documents, std::vector<std::string>{text});
  EXPECT_LE(gathered.most_at_once * 257 * kKibibyte, 17'000 * kKibibyte);
  EXPECT_LE(*std::max_element(gathered.job_sizes.begin(), gathered.job_sizes.end()), 257 * kKibibyte);
}

}  // namespace
}  // namespace sequent
