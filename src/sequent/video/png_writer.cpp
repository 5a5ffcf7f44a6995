#include "sequent/video/png_writer.h"

#include <cstring>
#include <memory>
#include <string_view>

#include "sequent/base/error.h"
#include "sequent/base/files.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace sequent {
namespace {

struct Free {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

}  // namespace

void write_png(const std::string& path, const Tensor& picture) {
  check(picture.shape().rank() == 3 && picture.size(2) == 3 && picture.elements() > 0,
        "{}: a picture must be [height, width, 3], got {}", path, to_string(picture.shape()));
  const auto must = [&](bool fine) { check(fine, "{}: the picture cannot be encoded", path); };
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  must(codec != nullptr);
  const std::unique_ptr<AVCodecContext, Free> context(avcodec_alloc_context3(codec));
  const std::unique_ptr<AVFrame, Free> frame(av_frame_alloc());
  const std::unique_ptr<AVPacket, Free> packet(av_packet_alloc());
  must(context && frame && packet);
  context->height = frame->height = static_cast<int>(picture.size(0));
  context->width = frame->width = static_cast<int>(picture.size(1));
  context->pix_fmt = AV_PIX_FMT_RGB24;
  frame->format = AV_PIX_FMT_RGB24;
  context->time_base = {1, 1};
  must(avcodec_open2(context.get(), codec, nullptr) >= 0 && av_frame_get_buffer(frame.get(), 0) >= 0);
  const std::uint8_t* pixels = picture.data<std::uint8_t>();
  const auto row = static_cast<std::size_t>(3 * picture.size(1));
  for (std::size_t y = 0; y < static_cast<std::size_t>(picture.size(0)); ++y) {
    std::memcpy(frame->data[0] + y * static_cast<std::size_t>(frame->linesize[0]), pixels + y * row, row);
  }
  must(avcodec_send_frame(context.get(), frame.get()) >= 0 && avcodec_receive_packet(context.get(), packet.get()) >= 0);
  write_file_atomically(
      path, std::string_view(reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)));
}

}  // namespace sequent
