// Decoders turn tokens back into text: steps that each token goes through by itself, then steps for the text as a
// whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/text/replacement.h"

namespace sequent {

class DecoderStep {
 public:
  virtual ~DecoderStep() = default;

  /// `first`: the text begins with this token.
  virtual void apply(std::string& token, bool first) const = 0;

  /// The text that this step removes from the beginning of a text, at most how many times, if that is all it does;
  /// otherwise it has to wait for the end of the text.
  virtual std::pair<std::string_view, std::int64_t> removed_from_begin() const { return {{}, 0}; }
};

struct Decoder {
  std::vector<std::unique_ptr<DecoderStep>> token_steps;
  std::vector<std::unique_ptr<DecoderStep>> text_steps;
  bool byte_level = false;        // tokens stand for bytes; but added tokens are text
  bool first_until_text = false;  // tokens are first until one gives text, not only the first of them

  /// The text of a token by itself.
  std::string text_of(std::string_view token, bool first) const;
};

/// One text on its way out.
class DecoderRun {
 public:
  /// `begins`: otherwise the tokens go on with a text, and nothing is special about the first.
  explicit DecoderRun(const Decoder& decoder, bool begins = true);

  /// Whether the next token is a first one: then its text is text_of(token, true).
  bool first() const { return first_; }

  /// Takes the text of a token and returns what of the whole is certain by now.
  std::string push(std::string_view token_text);

  /// The rest.
  std::string finish();

 private:
  const Decoder& decoder_;
  bool first_;
  bool waits_for_end_;
  std::string_view removed_;  // is removed from the beginning
  std::int64_t removals_left_ = 0;
  std::string waiting_;
};

/// "ByteLevel": characters that stand for bytes; a token with any other is left as it is.
class ByteLevelStep : public DecoderStep {
 public:
  void apply(std::string& token, bool first) const override;
};

/// "Metaspace": the replacement becomes a space, but in the first token nothing if words got one in front.
class MetaspaceStep : public DecoderStep {
 public:
  MetaspaceStep(std::string replacement, bool prepended)
      : replacement_(std::move(replacement)), prepended_(prepended) {}
  void apply(std::string& token, bool first) const override;

 private:
  std::string replacement_;
  bool prepended_;
};

/// "ByteFallback": "<0x0A>" becomes a byte.
class ByteFallbackStep : public DecoderStep {
 public:
  void apply(std::string& token, bool first) const override;
};

/// "Strip": a character is removed from the beginning and the end, at most so many times each.
class StripStep : public DecoderStep {
 public:
  StripStep(std::string character, std::int64_t start, std::int64_t stop)
      : character_(std::move(character)), start_(start), stop_(stop) {}
  void apply(std::string& token, bool first) const override;
  std::pair<std::string_view, std::int64_t> removed_from_begin() const override;

 private:
  std::string character_;
  std::int64_t start_, stop_;
};

class ReplaceStep : public DecoderStep {
 public:
  explicit ReplaceStep(Replacement replacement) : replacement_(std::move(replacement)) {}
  void apply(std::string& token, bool first) const override;

 private:
  Replacement replacement_;
};

/// Of a file without a decoder: spaces between tokens.
class SpaceBetweenStep : public DecoderStep {
 public:
  void apply(std::string& token, bool first) const override;
};

/// Of SentencePiece: U+2581 becomes a space; one that begins a first token is removed if `strip`.
class SentencePieceStep : public DecoderStep {
 public:
  explicit SentencePieceStep(bool strip) : strip_(strip) {}
  void apply(std::string& token, bool first) const override;

 private:
  bool strip_;
};

}  // namespace sequent
