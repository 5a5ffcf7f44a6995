#include <array>

#include "sequent/text/base64.h"
#include "sequent/text/character_normalizers.h"
#include "sequent/text/normalizer_sequence.h"
#include "sequent/text/precompiled_normalizer.h"
#include "sequent/text/tokenizer_json_parts.h"
#include "sequent/text/unicode_normalizer.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Made = std::unique_ptr<Normalizer>;

template <NormalizationForm form>
Made make_form(const Json&, const TokenizerJson&) {
  return std::make_unique<UnicodeNormalizer>(form);
}

template <class T>
Made make(const Json&, const TokenizerJson&) {
  return std::make_unique<T>();
}

Made make_strip(const Json& part, const TokenizerJson&) {
  return std::make_unique<StripSpaces>(part.at("strip_left").get<bool>(), part.at("strip_right").get<bool>());
}

Made make_prepend(const Json& part, const TokenizerJson&) {
  return std::make_unique<PrependNormalizer>(part.at("prepend").get<std::string>());
}

Made make_replace(const Json& part, const TokenizerJson& file) {
  return std::make_unique<ReplaceNormalizer>(read_replacement(part, file));
}

Made make_precompiled(const Json& part, const TokenizerJson& file) {
  const auto charsmap = decode_base64(part.at("precompiled_charsmap").get<std::string>());
  check(charsmap.has_value(), "{}: the precompiled_charsmap must be base64", file.name);
  // Some files have an empty one, for a text that stays as it is.
  if (charsmap->empty()) return std::make_unique<NormalizerSequence>(std::vector<Made>());
  return std::make_unique<PrecompiledNormalizer>(Charsmap(*charsmap, file.name));
}

Made make_sequence(const Json& part, const TokenizerJson& file) {
  std::vector<Made> normalizers;
  for (const Json& each : part.at("normalizers")) normalizers.push_back(read_normalizer(each, file));
  return std::make_unique<NormalizerSequence>(std::move(normalizers));
}

struct Entry {
  std::string_view type;
  Made (*make)(const Json&, const TokenizerJson&);
};

constexpr std::array<Entry, 12> kNormalizers = {{{"NFC", make_form<NormalizationForm::nfc>},
                                                 {"NFD", make_form<NormalizationForm::nfd>},
                                                 {"NFKC", make_form<NormalizationForm::nfkc>},
                                                 {"NFKD", make_form<NormalizationForm::nfkd>},
                                                 {"Lowercase", make<Lowercase>},
                                                 {"Strip", make_strip},
                                                 {"StripAccents", make<StripAccents>},
                                                 {"Nmt", make<NmtNormalizer>},
                                                 {"Prepend", make_prepend},
                                                 {"Replace", make_replace},
                                                 {"Precompiled", make_precompiled},
                                                 {"Sequence", make_sequence}}};

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const Json& part, const TokenizerJson& file) {
  return entry_for(kNormalizers, part, file, "normalizer").make(part, file);
}

}  // namespace sequent
