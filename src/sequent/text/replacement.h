// Replacing what matches a pattern: the normalizer and the decoder "Replace".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sequent/text/normalizer.h"
#include "sequent/text/regex.h"

namespace sequent {

class Replacement {
 public:
  /// Every occurrence of `text`, from left to right; of the empty text: before, between and behind all characters.
  static Replacement of_text(std::string text, std::string content);
  /// Every match. Error "WHAT: ..." if the pattern is not valid.
  static Replacement of_pattern(std::string_view pattern, std::string content, std::string_view what);

  /// `first` as in Normalizer. Error if the result is much longer than the text.
  std::string apply(std::string_view text, bool& first) const;

 private:
  Replacement(std::optional<Regex> regex, std::string text, std::string content)
      : regex_(std::move(regex)), text_(std::move(text)), content_(std::move(content)) {}

  std::optional<Regex> regex_;
  std::string text_, content_;
};

class ReplaceNormalizer : public Normalizer {
 public:
  explicit ReplaceNormalizer(Replacement replacement) : replacement_(std::move(replacement)) {}
  std::string normalize(std::string_view text, bool& first) const override { return replacement_.apply(text, first); }
  using Normalizer::normalize;

 private:
  Replacement replacement_;
};

/// The normalizer "Prepend": `content` in front of every text that is not empty.
class PrependNormalizer : public Normalizer {
 public:
  explicit PrependNormalizer(std::string content) : content_(std::move(content)) {}
  std::string normalize(std::string_view text, bool&) const override {
    return text.empty() ? std::string() : content_ + std::string(text);
  }
  using Normalizer::normalize;

 private:
  std::string content_;
};

}  // namespace sequent
