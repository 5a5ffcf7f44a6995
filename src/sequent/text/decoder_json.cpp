#include <array>
#include <optional>

#include "sequent/base/json.h"
#include "sequent/text/tokenizer_json_parts.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Made = std::unique_ptr<DecoderStep>;

template <class T>
Made make(const Json&, const TokenizerJson&) {
  return std::make_unique<T>();
}

Made make_metaspace(const Json& part, const TokenizerJson& file) {
  const bool prefix = absent(part, "add_prefix_space") || part.at("add_prefix_space").get<bool>();
  const bool prepended = prefix && part.value("prepend_scheme", std::string("always")) != "never";
  return std::make_unique<MetaspaceStep>(read_character(part, "replacement", file), prepended);
}

Made make_strip(const Json& part, const TokenizerJson& file) {
  const std::optional<std::int64_t> start = integer_of(part.at("start")), stop = integer_of(part.at("stop"));
  check(start && stop && *start >= 0 && *stop >= 0, "{}: decoder Strip must remove 0 or more characters, got {} and {}",
        file.name, part.at("start").dump(), part.at("stop").dump());
  return std::make_unique<StripStep>(read_character(part, "content", file), *start, *stop);
}

Made make_replace(const Json& part, const TokenizerJson& file) {
  return std::make_unique<ReplaceStep>(read_replacement(part, file));
}

struct Entry {
  std::string_view type;
  Made (*make)(const Json&, const TokenizerJson&);
};

constexpr std::array<Entry, 5> kDecoders = {{{"ByteLevel", make<ByteLevelStep>},
                                             {"Metaspace", make_metaspace},
                                             {"ByteFallback", make<ByteFallbackStep>},
                                             {"Strip", make_strip},
                                             {"Replace", make_replace}}};

/// `fused`: the tokens have been joined, what follows sees the whole text.
void read_steps(const Json& part, const TokenizerJson& file, Decoder& decoder, bool& fused) {
  const std::string type = part.value("type", std::string());
  if (type == "Sequence") {
    for (const Json& each : part.at("decoders")) read_steps(each, file, decoder, fused);
  } else if (type == "Fuse") {
    fused = true;
  } else {
    auto& steps = fused ? decoder.text_steps : decoder.token_steps;
    steps.push_back(entry_for(kDecoders, part, file, "decoder").make(part, file));
    // It gives the text as a whole.
    if (type == "ByteLevel") fused = decoder.byte_level = true;
  }
}

}  // namespace

void read_decoder(const Json& part, const TokenizerJson& file, Decoder& decoder) {
  bool fused = false;
  read_steps(part, file, decoder, fused);
}

}  // namespace sequent
