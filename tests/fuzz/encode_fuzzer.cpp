// Any text with a tokenizer of each kind, of which the first byte of the input chooses one.
#include <array>

#include "tests/fuzz/use_tokenizer.h"

namespace {

constexpr std::array<const char*, 5> kFiles = {"text/trained_tokenizer.json", "tokenizers/bpe.json",
                                               "tokenizers/unigram.json", "tokenizers/bpe.model",
                                               "tokenizers/unigram.model"};

const sequent::Tokenizer& tokenizer(std::size_t number) {
  static const std::vector<sequent::Tokenizer> all = [] {
    std::vector<sequent::Tokenizer> loaded;
    for (const char* file : kFiles)
      loaded.push_back(sequent::Tokenizer::load(SEQUENT_SOURCE_DIR "/tests/golden/" + std::string(file)));
    return loaded;
  }();
  return all[number % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const sequent::Tokenizer& chosen = tokenizer(data[0]);
  const std::vector<std::int32_t> ids = sequent::fuzz::encode_and_decode(chosen, text);
  if (data[0] % kFiles.size() == 0 && chosen.decode(ids) != text) std::abort();
  // Parts of a text give the ids of the whole.
  const auto cut = static_cast<std::size_t>(chosen.safe_cut(text, static_cast<std::int64_t>(text.size() / 2)));
  std::vector<std::int32_t> parts = chosen.encode(text.substr(0, cut));
  if (cut == text.size()) return 0;
  for (const std::int32_t id : chosen.encode(text.substr(cut))) parts.push_back(id);
  if (parts != ids) std::abort();
  return 0;
}
