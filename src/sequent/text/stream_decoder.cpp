#include "sequent/text/stream_decoder.h"

#include <utility>

#include "sequent/text/utf8.h"

namespace sequent {

std::string StreamDecoder::push(std::int32_t id) {
  const std::string_view bytes = tokenizer_.token_bytes(id);
  if (special_ || !tokenizer_.is_special(id)) waiting_ += bytes;
  const std::size_t incomplete = utf8_incomplete_suffix(waiting_);
  std::string text = waiting_.substr(0, waiting_.size() - incomplete);
  waiting_.erase(0, text.size());
  return text;
}

std::string StreamDecoder::flush() {
  return std::exchange(waiting_, {});
}

}  // namespace sequent
