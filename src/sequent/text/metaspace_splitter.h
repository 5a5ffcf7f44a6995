// The pre-tokenizer "Metaspace" of SentencePiece-like tokenizers: spaces become a visible character, usually U+2581,
// and words begin with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sequent/text/splitter.h"

namespace sequent {

/// U+2581, which stands for a space in the vocabularies of SentencePiece.
inline constexpr std::string_view kMetaspace = "\u2581";

/// Which texts get one in front, unless they begin with one.
enum class PrependScheme : std::uint8_t { always, first, never };

class MetaspaceSplitter : public Splitter {
 public:
  /// `cut`: every replacement begins a piece; otherwise a text is one piece.
  MetaspaceSplitter(std::string replacement, PrependScheme scheme, bool cut)
      : replacement_(std::move(replacement)), scheme_(scheme), cut_(cut) {}

  void split(Piece text, FunctionRef<void(Piece)> piece) const override;
  bool minds_first() const override { return scheme_ == PrependScheme::first; }

 private:
  std::string replacement_;
  PrependScheme scheme_;
  bool cut_;
};

}  // namespace sequent
