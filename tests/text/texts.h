// Texts that tokenizers get wrong.
#pragma once

#include <string>
#include <vector>

#include "sequent/base/random.h"

namespace sequent::test {

inline std::vector<std::string> hard_texts() {
  using namespace std::string_literals;
  return {
      "",
      " ",
      "a",
      "Hello, world! It's 3 o'clock; we'll see, I'd say you've won 1234567 'times'.",
      "  leading and trailing  ",
      "tabs\t\tand\nnew\n\nlines\r\n\r\n   \n  indented\n\tcode(x){return x;}\n",
      "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m A\u030angstrom",
      "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4",
      "\U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F1E9\U0001F1EA x\u00b2 \u00bd \u0663\u0664 \u2167",
      "\u00a0no-break\u3000ideographic\u0085next line\u2028separator\u180eMongolian",
      "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22",
      "<|endoftext|> is text here",
      "nul\0in the middle"s,
      "\xFF\xFE invalid \xC3( \xE2\x82 \xED\xA0\x80 \xF0\x9F\x98 \xC0\xAF \xF4\x90\x80\x80 end\xC3",
      "\x80\x80\x80 \xBF",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "'s'S 'RE're'lll''dd 't",
  };
}

/// Random text over a small alphabet of awkward parts; with `invalid`, broken UTF-8 as well.
inline std::string random_text(std::uint64_t seed, std::size_t parts, bool invalid) {
  static const std::vector<std::string> kParts = {
      "a",      "the",        "Z",          " ",      "  ",     "\n",     "\r",     "\t",     "'",
      "'s",     "'re",        "'ll",        "1",      "23",     ".",      "!?",     "_",      "\u00e9",
      "\u0301", "\u4f60",     "\u00a0",     "\u3000", "\u0085", "\u180e", "\u2028", "\u00b2", "\u0663",
      "\u00df", "\U0001F600", "\U0001D7D8", "\u200d", "\x1c",   "\x1f"};
  static const std::vector<std::string> kInvalid = {"\xFF", "\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF0\x9F\x98"};
  const Random random(seed, Random::stream_of("text"));
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) {
    if (invalid && random.below(2 * i, 8) == 0) {
      text += kInvalid[random.below(2 * i + 1, kInvalid.size())];
    } else {
      text += kParts[random.below(2 * i + 1, kParts.size())];
    }
  }
  return text;
}

/// Uniformly random bytes.
inline std::string random_bytes(std::uint64_t seed, std::size_t count) {
  const Random random(seed, Random::stream_of("bytes"));
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(random.below(i, 256));
  return bytes;
}

}  // namespace sequent::test
