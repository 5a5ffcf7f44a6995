#include "sequent/text/stream_decoder.h"

#include <utility>

#include "sequent/text/tokenizer_pipeline.h"
#include "sequent/text/utf8.h"

namespace sequent {

StreamDecoder::StreamDecoder(Tokenizer tokenizer, bool special, bool begins)
    : tokenizer_(std::move(tokenizer)),
      special_(special),
      run_(std::make_unique<DecoderRun>(tokenizer_.pipeline_->decoder, begins)) {}

StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

std::string StreamDecoder::push(std::int32_t id) {
  tokenizer_.check_id(id);
  if (special_ || !tokenizer_.is_special(id)) {
    waiting_ += run_->push(tokenizer_.pipeline_->text_of(id, run_->first()));
  }
  const std::size_t incomplete = utf8_incomplete_suffix(waiting_);
  std::string text = waiting_.substr(0, waiting_.size() - incomplete);
  waiting_.erase(0, text.size());
  return text;
}

std::string StreamDecoder::flush() {
  waiting_ += run_->finish();
  run_ = std::make_unique<DecoderRun>(tokenizer_.pipeline_->decoder);
  return std::exchange(waiting_, {});
}

}  // namespace sequent
