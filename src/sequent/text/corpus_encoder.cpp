#include "sequent/text/corpus_encoder.h"

#include <utility>

#include "sequent/base/threads.h"

namespace sequent {

CorpusEncoder::CorpusEncoder(const Tokenizer& tokenizer, TokenFileWriter& writer,
                             std::function<void(std::int64_t)> progress)
    : tokenizer_(tokenizer),
      writer_(writer),
      progress_(std::move(progress)),
      batcher_([this](std::string_view text, std::int64_t at) { return tokenizer_.safe_cut(text, at); },
               [this](std::span<const DocumentJob> jobs) { process(jobs); }) {
  for (std::int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) token_bytes_.push_back(tokenizer.text_bytes(id));
}

void CorpusEncoder::process(std::span<const DocumentJob> jobs) {
  std::vector<Encoded> encoded(jobs.size());
  parallel_tasks(static_cast<std::int64_t>(jobs.size()), [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    encoded[index] = encode(jobs[index]);
  });
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    write(encoded[i]);
    bytes_done_ += static_cast<std::int64_t>(jobs[i].text.size());
  }
  if (progress_) progress_(bytes_done_);
}

CorpusEncoder::Encoded CorpusEncoder::encode(const DocumentJob& job) const {
  Encoded encoded;
  for (std::size_t i = 0; i < job.parts.size(); ++i) {
    if (job.parts[i].starts_document) begin_document(encoded);
    const std::vector<std::int32_t> ids = tokenizer_.encode(job.part(i));
    encoded.ids.insert(encoded.ids.end(), ids.begin(), ids.end());
  }
  for (const std::int32_t id : encoded.ids) encoded.text_bytes += token_bytes_[static_cast<std::size_t>(id)];
  return encoded;
}

// Between documents stands the token that ends a text or, where another one begins a text, both.
void CorpusEncoder::begin_document(Encoded& encoded) const {
  if (ends_documents()) encoded.ids.push_back(tokenizer_.end_of_text());
  encoded.documents.push_back(encoded.ids.size());
  encoded.ids.push_back(tokenizer_.begin_of_text());
}

bool CorpusEncoder::ends_documents() const {
  return tokenizer_.end_of_text() >= 0 && tokenizer_.end_of_text() != tokenizer_.begin_of_text();
}

void CorpusEncoder::write(const Encoded& encoded) {
  const std::span<const std::int32_t> ids = encoded.ids;
  std::size_t written = std::exchange(first_, false) && ends_documents() ? 1 : 0;  // nothing ends before the first
  for (const std::size_t document : encoded.documents) {
    writer_.add(ids.subspan(written, document - written));
    writer_.begin_document();
    written = document;
  }
  writer_.add(ids.subspan(written));
  text_bytes_ += encoded.text_bytes;
}

}  // namespace sequent
