#include "sequent/text/sentence_piece_pipeline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/byte_pieces.h"
#include "sequent/text/sentence_piece_normalizer.h"
#include "sequent/text/unigram_model.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

using Type = SentencePieceModel::Type;

/// In BPE every way to cut a piece in two is looked at, so a piece must not be endless.
constexpr std::size_t kLongestMerged = 512;

class Builder {
 public:
  Builder(SentencePieceModel model, TokenizerPipeline& pipeline, std::string_view name)
      : model_(std::move(model)), pipeline_(pipeline), name_(name) {}

  void build() {
    check_pieces();
    add_special_tokens();
    build_normalizer();
    if (model_.kind == SentencePieceModel::Kind::bpe) {
      build_bpe();
    } else {
      build_unigram();
    }
    build_decoder();
    if (is_control(model_.begin)) pipeline_.begin_token = model_.begin;
    if (is_control(model_.end)) pipeline_.end_token = model_.end;
  }

 private:
  void check_pieces() {
    std::vector<bool> bytes(256, false);
    for (std::size_t i = 0; i < model_.pieces.size(); ++i) {
      const SentencePieceModel::Entry& piece = model_.pieces[i];
      const auto id = static_cast<std::int32_t>(i);
      check(std::isfinite(piece.score), "{}: the score of piece {} must be a number, got {}", name_, id, piece.score);
      check(ids_.emplace(piece.text, id).second, "{}: the piece \"{}\" must not be there twice", name_,
            valid_utf8(piece.text));
      if (piece.type == Type::unknown) {
        check(unknown_ < 0, "{}: there must be one unknown piece, got {} and {}", name_, unknown_, id);
        unknown_ = id;
      }
      if (piece.type != Type::byte) continue;
      const std::optional<char> byte = byte_of_piece(piece.text);
      check(byte && model_.byte_fallback, "{}: the piece \"{}\" must not be a byte", name_, valid_utf8(piece.text));
      bytes[static_cast<unsigned char>(*byte)] = true;
    }
    check(unknown_ >= 0, "{}: there must be an unknown piece", name_);
    check(!model_.byte_fallback || std::all_of(bytes.begin(), bytes.end(), [](bool there) { return there; }),
          "{}: with byte_fallback there must be a piece for every byte", name_);
  }

  bool is_control(const std::string& text) const {
    const auto found = ids_.find(text);
    return found != ids_.end() && model_.pieces[static_cast<std::size_t>(found->second)].type == Type::control;
  }

  void add_special_tokens() {
    std::vector<AddedToken> added;
    for (std::size_t id = 0; id < model_.pieces.size(); ++id) {
      pipeline_.tokens.push_back(model_.pieces[id].text);
      if (model_.pieces[id].type != Type::control) continue;
      added.push_back({.id = static_cast<std::int32_t>(id), .content = model_.pieces[id].text, .special = true});
    }
    pipeline_.added_tokens = AddedTokens(std::move(added));
  }

  void build_normalizer() {
    SentencePieceNormalization options{.charsmap = {},
                                       .untouched = {},
                                       .add_dummy_prefix = model_.add_dummy_prefix,
                                       .remove_extra_whitespaces = model_.remove_extra_whitespaces,
                                       .escape_whitespaces = model_.escape_whitespaces};
    if (!model_.charsmap.empty()) options.charsmap.emplace(std::move(model_.charsmap), name_);
    for (const SentencePieceModel::Entry& piece : model_.pieces) {
      if (piece.type == Type::user_defined) options.untouched.add(piece.text, 0);
    }
    pipeline_.normalizer = std::make_unique<SentencePieceNormalizer>(std::move(options));
  }

  void build_unigram() {
    constexpr float kUnknownPenalty = 10;
    float lowest = std::numeric_limits<float>::max();
    for (const SentencePieceModel::Entry& piece : model_.pieces) {
      if (piece.type == Type::normal) lowest = std::min(lowest, piece.score);
    }
    UnigramVocabulary vocabulary{.tokens = {},
                                 .unknown = unknown_,
                                 .unknown_score = lowest - kUnknownPenalty,
                                 .byte_fallback = model_.byte_fallback,
                                 .float_sums = true};
    for (const SentencePieceModel::Entry& piece : model_.pieces) {
      // A user-defined piece scores above all others, the more the longer it is (of SentencePiece 0.2.3; older versions
      // differ).
      const bool user_defined = piece.type == Type::user_defined;
      const double score = user_defined ? 0.1 * static_cast<double>(piece.text.size() - 1) : double{piece.score};
      vocabulary.tokens.push_back(
          {.text = piece.text, .score = score, .matches = piece.type == Type::normal || user_defined});
    }
    pipeline_.model = std::make_unique<UnigramModel>(std::move(vocabulary));
  }

  void build_bpe() {
    BpeVocabulary vocabulary;
    vocabulary.unknown = unknown_;
    vocabulary.alphabet = BpeVocabulary::Alphabet::characters;
    vocabulary.byte_fallback = model_.byte_fallback;
    vocabulary.fuse_unknown = true;
    for (std::size_t id = 0; id < model_.pieces.size(); ++id) {
      const SentencePieceModel::Entry& piece = model_.pieces[id];
      check(piece.type != Type::unused, "{}: unused pieces are not supported in BPE", name_);
      const bool found = piece.type != Type::unknown && piece.type != Type::control;
      vocabulary.tokens.push_back(found ? piece.text : std::string());
      if (piece.type == Type::user_defined) vocabulary.never_merged.push_back(static_cast<std::int32_t>(id));
    }
    add_merges(vocabulary);
    pipeline_.model = std::make_unique<BpeModel>(std::move(vocabulary));
  }

  /// Two pieces that make a third are merged, the third of the highest score first.
  void add_merges(BpeVocabulary& vocabulary) const {
    std::vector<float> scores;
    for (const SentencePieceModel::Entry& piece : model_.pieces) scores.push_back(piece.score);
    std::sort(scores.begin(), scores.end(), std::greater<>());
    scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
    for (const SentencePieceModel::Entry& piece : model_.pieces) {
      if (piece.type != Type::normal) continue;
      check(piece.text.size() <= kLongestMerged, "{}: a piece must have at most {} bytes, got {}", name_,
            kLongestMerged, piece.text.size());
      const auto rank = std::lower_bound(scores.begin(), scores.end(), piece.score, std::greater<>()) - scores.begin();
      const std::string_view text = piece.text;
      for (std::size_t cut = 1; cut < text.size(); ++cut) {
        const std::int32_t left = normal_piece(text.substr(0, cut));
        if (left < 0) continue;
        const std::int32_t right = normal_piece(text.substr(cut));
        if (right < 0) continue;
        vocabulary.merges.emplace_back(left, right);
        vocabulary.ranks.push_back(static_cast<std::int32_t>(rank));
      }
    }
  }

  std::int32_t normal_piece(std::string_view text) const {
    const auto found = ids_.find(text);
    if (found == ids_.end()) return -1;
    return model_.pieces[static_cast<std::size_t>(found->second)].type == Type::normal ? found->second : -1;
  }

  void build_decoder() {
    Decoder& decoder = pipeline_.decoder;
    if (model_.byte_fallback) decoder.token_steps.push_back(std::make_unique<ByteFallbackStep>());
    const bool strip = model_.add_dummy_prefix || model_.remove_extra_whitespaces;
    decoder.token_steps.push_back(std::make_unique<SentencePieceStep>(strip));
    decoder.first_until_text = model_.remove_extra_whitespaces;
    // The unknown piece is shown as a text of its own, spaces included.
    pipeline_.tokens[static_cast<std::size_t>(unknown_)] = model_.unknown_text;
  }

  SentencePieceModel model_;
  TokenizerPipeline& pipeline_;
  std::string_view name_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // views into model_
  std::int32_t unknown_ = -1;
};

}  // namespace

std::shared_ptr<TokenizerPipeline> read_sentence_piece_tokenizer(std::string file, std::string file_name,
                                                                 std::string_view name) {
  auto pipeline = std::make_shared<TokenizerPipeline>();
  Builder(read_sentence_piece_file(file, name), *pipeline, name).build();
  pipeline->file = std::move(file);
  pipeline->file_name = std::move(file_name);
  pipeline->finish(name);
  return pipeline;
}

}  // namespace sequent
