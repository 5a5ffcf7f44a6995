#include "sequent/video/video_writer.h"

#include <array>
#include <cstring>
#include <new>

#include "sequent/base/error.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

namespace sequent {
namespace {

constexpr int kQuality = 2;  // quantizer, 1 to 31
constexpr int kKeyFrameEvery = 12;

}  // namespace

class VideoWriter::State {
 public:
  State(std::string path, std::int64_t height, std::int64_t width, int frames_per_second)
      : path_(std::move(path)), height_(height), width_(width) {
    check(height >= 2 && width >= 2 && height % 2 == 0 && width % 2 == 0,
          "{}: a video must have an even height and width, got {}x{}", path_, width, height);
    check(frames_per_second >= 1, "{}: frames per second must be at least 1, got {}", path_, frames_per_second);
    av_log_set_level(AV_LOG_QUIET);
    try {
      open(frames_per_second);
    } catch (...) {
      close();
      throw;
    }
  }
  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void add(const Tensor& frame) {
    expect_shape("video", "a frame", frame, {height_, width_, 3});
    must(av_frame_make_writable(picture_));
    const std::uint8_t* rows = frame.data<std::uint8_t>();
    const int stride = static_cast<int>(3 * width_);
    sws_scale(scaler_, &rows, &stride, 0, static_cast<int>(height_), picture_->data, picture_->linesize);
    picture_->pts = frames_++;
    picture_->quality = FF_QP2LAMBDA * kQuality;
    send(picture_);
  }

  void finish() {
    send(nullptr);
    must(av_write_trailer(format_));
    avio_flush(format_->pb);
    must(format_->pb->error);
  }

 private:
  void must(int code) const {
    if (code >= 0) return;
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text = {};
    av_strerror(code, text.data(), text.size());
    fail("cannot write {}: {}", path_, text.data());
  }
  template <class T>
  static T* made(T* pointer) {
    if (pointer == nullptr) throw std::bad_alloc();
    return pointer;
  }

  void open(int frames_per_second) {
    must(avformat_alloc_output_context2(&format_, nullptr, nullptr, path_.c_str()));
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    check(codec != nullptr, "{}: FFmpeg's libraries here cannot write MPEG-4", path_);
    stream_ = made(avformat_new_stream(format_, nullptr));
    encoder_ = made(avcodec_alloc_context3(codec));
    encoder_->width = static_cast<int>(width_);
    encoder_->height = static_cast<int>(height_);
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->time_base = {1, frames_per_second};
    encoder_->gop_size = kKeyFrameEvery;
    encoder_->thread_count = 1;
    encoder_->global_quality = FF_QP2LAMBDA * kQuality;
    // The same bytes everywhere, without the date or the versions of libraries.
    encoder_->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    format_->flags |= AVFMT_FLAG_BITEXACT;
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    must(avcodec_open2(encoder_, codec, nullptr));
    must(avcodec_parameters_from_context(stream_->codecpar, encoder_));
    stream_->time_base = encoder_->time_base;
    must(avio_open(&format_->pb, ("file:" + path_).c_str(), AVIO_FLAG_WRITE));
    must(avformat_write_header(format_, nullptr));
    packet_ = made(av_packet_alloc());
    picture_ = made(av_frame_alloc());
    picture_->format = encoder_->pix_fmt;
    picture_->width = encoder_->width;
    picture_->height = encoder_->height;
    must(av_frame_get_buffer(picture_, 0));
    scaler_ = made(sws_getContext(encoder_->width, encoder_->height, AV_PIX_FMT_RGB24, encoder_->width,
                                  encoder_->height, encoder_->pix_fmt, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT,
                                  nullptr, nullptr, nullptr));
  }

  void send(const AVFrame* frame) {
    must(avcodec_send_frame(encoder_, frame));
    for (;;) {
      const int code = avcodec_receive_packet(encoder_, packet_);
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      must(code);
      packet_->duration = 1;
      av_packet_rescale_ts(packet_, encoder_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      must(av_interleaved_write_frame(format_, packet_));
    }
  }

  void close() {
    sws_freeContext(scaler_);
    av_frame_free(&picture_);
    av_packet_free(&packet_);
    avcodec_free_context(&encoder_);
    if (format_ != nullptr) avio_closep(&format_->pb);
    avformat_free_context(format_);
  }

  std::string path_;
  std::int64_t height_, width_;
  std::int64_t frames_ = 0;
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;  // of format_
  AVCodecContext* encoder_ = nullptr;
  AVPacket* packet_ = nullptr;
  AVFrame* picture_ = nullptr;
  SwsContext* scaler_ = nullptr;
};

VideoWriter::VideoWriter(const std::string& path, std::int64_t height, std::int64_t width, int frames_per_second)
    : state_(std::make_unique<State>(path, height, width, frames_per_second)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Tensor& frame) {
  state_->add(frame);
}

void VideoWriter::finish() {
  state_->finish();
}

}  // namespace sequent
