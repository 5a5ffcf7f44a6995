#include "sequent/text/corpus_encoder.h"

#include <span>
#include <utility>

#include "sequent/base/threads.h"

namespace sequent {
namespace {

constexpr std::size_t kJobBytes = 256 * 1024;
constexpr std::size_t kJobs = 64;

}  // namespace

CorpusEncoder::CorpusEncoder(const Tokenizer& tokenizer, TokenFileWriter& writer,
                             std::function<void(std::int64_t)> progress)
    : tokenizer_(tokenizer), writer_(writer), progress_(std::move(progress)) {
  for (std::int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) token_bytes_.push_back(tokenizer.text_bytes(id));
}

void CorpusEncoder::add_document(std::string_view text) {
  bool starts_document = true;
  while (!text.empty()) {
    const auto cut = static_cast<std::size_t>(tokenizer_.safe_cut(text, kJobBytes));
    add_part(text.substr(0, cut), starts_document);
    text.remove_prefix(cut);
    starts_document = false;
  }
}

void CorpusEncoder::add_part(std::string_view text, bool starts_document) {
  if (jobs_.empty() || jobs_.back().text.size() >= kJobBytes) {
    if (jobs_.size() == kJobs) finish();
    jobs_.emplace_back();
  }
  jobs_.back().parts.push_back({jobs_.back().text.size(), starts_document});
  jobs_.back().text += text;
}

void CorpusEncoder::encode(Job& job) const {
  for (std::size_t i = 0; i < job.parts.size(); ++i) {
    const std::size_t begin = job.parts[i].begin;
    const std::size_t end = i + 1 < job.parts.size() ? job.parts[i + 1].begin : job.text.size();
    if (job.parts[i].starts_document) {
      job.documents.push_back(job.ids.size());
      job.ids.push_back(tokenizer_.end_of_text());
    }
    const std::vector<std::int32_t> ids = tokenizer_.encode(std::string_view(job.text).substr(begin, end - begin));
    job.ids.insert(job.ids.end(), ids.begin(), ids.end());
  }
  for (const std::int32_t id : job.ids) job.text_bytes += token_bytes_[static_cast<std::size_t>(id)];
}

void CorpusEncoder::write(const Job& job) {
  const std::span<const std::int32_t> ids = job.ids;
  std::size_t written = 0;
  for (const std::size_t document : job.documents) {
    writer_.add(ids.subspan(written, document - written));
    writer_.begin_document();
    written = document;
  }
  writer_.add(ids.subspan(written));
  text_bytes_ += job.text_bytes;
  bytes_done_ += static_cast<std::int64_t>(job.text.size());
}

void CorpusEncoder::finish() {
  parallel_tasks(static_cast<std::int64_t>(jobs_.size()),
                 [&](std::int64_t i) { encode(jobs_[static_cast<std::size_t>(i)]); });
  for (const Job& job : jobs_) write(job);
  jobs_.clear();
  if (progress_) progress_(bytes_done_);
}

}  // namespace sequent
