#include "sequent/text/document_batcher.h"

namespace sequent {
namespace {

constexpr std::size_t kJobBytes = 256 * 1024;
constexpr std::size_t kJobs = 64;

}  // namespace

void DocumentBatcher::add_document(std::string_view text) {
  bool starts_document = true;
  while (!text.empty()) {
    const auto cut = static_cast<std::size_t>(cut_(text, kJobBytes));
    add_part(text.substr(0, cut), starts_document);
    text.remove_prefix(cut);
    starts_document = false;
  }
}

void DocumentBatcher::add_part(std::string_view text, bool starts_document) {
  if (jobs_.empty() || jobs_.back().text.size() >= kJobBytes) {
    if (jobs_.size() == kJobs) finish();
    jobs_.emplace_back();
  }
  jobs_.back().parts.push_back({jobs_.back().text.size(), starts_document});
  jobs_.back().text += text;
}

void DocumentBatcher::finish() {
  if (!jobs_.empty()) process_(jobs_);
  jobs_.clear();
}

}  // namespace sequent
