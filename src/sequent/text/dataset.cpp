#include "sequent/text/dataset.h"

#include <cmath>
#include <optional>
#include <string>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "sequent/base/word_hash.h"
#include "sequent/text/corpus_encoder.h"
#include "sequent/text/token_file.h"

namespace sequent {

struct TokenView::Storage {
  TokenFile file;
  std::vector<std::int64_t> token_bytes;  // text bytes by id
  std::int32_t begin_of_text;
};

namespace {

void make_token_file(const Corpus& corpus, const Tokenizer& tokenizer, const std::string& path, std::uint64_t key,
                     const TokenDataset::Progress& progress) {
  write_file_atomically(path, [&](FileWriter& file) {
    TokenFileWriter writer(file, tokenizer.vocabulary_size());
    CorpusEncoder encoder(tokenizer, writer, [&](std::int64_t done) {
      if (progress) progress(done, corpus.bytes());
    });
    corpus.for_each_document([&](std::string_view text) { encoder.add_document(text); });
    encoder.finish();
    writer.finish(key, encoder.text_bytes());
  });
}

}  // namespace

TokenDataset TokenDataset::open(const Corpus& corpus, const Tokenizer& tokenizer,
                                const std::filesystem::path& cache_directory, const Progress& progress) {
  check(tokenizer.begin_of_text() >= 0, "data: the tokenizer must have an end-of-text token to separate documents");
  const std::uint64_t key = mix_bits(corpus.fingerprint() ^ mix_bits(tokenizer.fingerprint()));
  const std::string path = (cache_directory / fmt::format("tokens-{}.bin", hexadecimal(key))).string();
  std::optional<TokenFile> file = TokenFile::open(path, key);
  const bool from_cache = file.has_value();
  if (!from_cache) {
    make_directories(cache_directory.string());
    make_token_file(corpus, tokenizer, path, key, progress);
    file = TokenFile::open(path, key);
    check(file.has_value(), "data: {} cannot be read back after it was written", path);
  }
  const std::int64_t tokens = file->tokens();
  check(tokens > 0, "data: there is no text in {}", corpus.files()[0].path.string());
  std::vector<std::int64_t> token_bytes;
  for (std::int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) token_bytes.push_back(tokenizer.text_bytes(id));
  auto storage = std::make_shared<const TokenView::Storage>(TokenView::Storage{
      .file = *std::move(file), .token_bytes = std::move(token_bytes), .begin_of_text = tokenizer.begin_of_text()});
  return TokenDataset(TokenView(std::move(storage), 0, tokens), from_cache);
}

std::int64_t TokenDataset::bytes() const {
  return all_.storage_->file.text_bytes();
}

std::int64_t TokenDataset::documents() const {
  return all_.storage_->file.documents();
}

std::int64_t TokenDataset::document_begin(std::int64_t i) const {
  check(i >= 0 && i < documents(), "data: a document must be from 0 to {}, got {}", documents() - 1, i);
  return all_.storage_->file.document_begin(i);
}

std::pair<TokenView, TokenView> TokenDataset::split(double held_out_fraction) const {
  check(held_out_fraction >= 0 && held_out_fraction < 1,
        "data: the fraction held out must be from 0 to below 1, got {}", held_out_fraction);
  const std::int64_t cut = tokens() - std::llround(held_out_fraction * static_cast<double>(tokens()));
  return {view(0, cut), view(cut, tokens())};
}

TokenView TokenDataset::view(std::int64_t begin, std::int64_t end) const {
  check(begin >= 0 && begin <= end && end <= tokens(), "data: a view must be within 0 to {}, got {} to {}", tokens(),
        begin, end);
  return TokenView(all_.storage_, begin, end);
}

std::int32_t TokenView::begin_of_text() const {
  return storage_->begin_of_text;
}

std::int32_t TokenView::token(std::int64_t i) const {
  check(i >= 0 && i < size(), "data: a token of the view must be from 0 to {}, got {}", size() - 1, i);
  return storage_->file.token(begin_ + i);
}

void TokenView::append(std::int64_t from, std::int64_t to, std::vector<std::int32_t>& ids) const {
  check(from >= 0 && from <= to && to <= size(), "data: a range of the view must be within 0 to {}, got {} to {}",
        size(), from, to);
  for (std::int64_t i = begin_ + from; i < begin_ + to; ++i) ids.push_back(storage_->file.token(i));
}

std::int64_t TokenView::text_bytes(std::int64_t from, std::int64_t to) const {
  check(from >= 0 && from <= to && to <= size(), "data: a range of the view must be within 0 to {}, got {} to {}",
        size(), from, to);
  std::int64_t bytes = 0;
  for (std::int64_t i = begin_ + from; i < begin_ + to; ++i) {
    bytes += storage_->token_bytes[static_cast<std::size_t>(storage_->file.token(i))];
  }
  return bytes;
}

}  // namespace sequent
