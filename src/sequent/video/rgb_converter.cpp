#include "sequent/video/rgb_converter.h"

#include <cstring>
#include <new>

#include "sequent/base/error.h"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace sequent {

class RgbConverter::State {
 public:
  State(std::string path, std::int64_t height, std::int64_t width)
      : path_(std::move(path)), height_(height), width_(width), result_(Tensor::empty({height, width, 3}, DType::u8)) {
    // libswscale writes whole vectors, beyond the end of a line that is not padded.
    rgb_ = av_frame_alloc();
    if (rgb_ == nullptr) throw std::bad_alloc();
    rgb_->format = AV_PIX_FMT_RGB24;
    rgb_->width = static_cast<int>(width);
    rgb_->height = static_cast<int>(height);
    if (av_frame_get_buffer(rgb_, 0) < 0) {
      av_frame_free(&rgb_);
      throw std::bad_alloc();
    }
  }
  ~State() {
    sws_freeContext(scaler_);
    av_frame_free(&rgb_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const Tensor& convert(const AVFrame& frame) {
    check(frame.width == width_ && frame.height == height_, "{}: a frame has {}x{} pixels, unlike the first with {}x{}",
          path_, frame.width, frame.height, width_, height_);
    if (scaler_ == nullptr || frame.format != format_ || frame.colorspace != matrix_ || frame.color_range != range_) {
      prepare(frame);
    }
    const int lines = sws_scale(scaler_, frame.data, frame.linesize, 0, frame.height, rgb_->data, rgb_->linesize);
    check(lines == height_, "{}: a frame of format {} cannot be converted to RGB", path_, format_name(frame));
    const auto bytes = static_cast<std::size_t>(3 * width_);
    for (std::int64_t y = 0; y < height_; ++y) {
      std::memcpy(result_.mutable_data<std::uint8_t>() + 3 * width_ * y, rgb_->data[0] + y * rgb_->linesize[0], bytes);
    }
    return result_;
  }

 private:
  static std::string format_name(const AVFrame& frame) {
    const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
    return name == nullptr ? "unknown" : name;
  }

  // The settings of ffmpeg's own conversion, so that the numbers are those everyone else sees: bicubic chroma, placed
  // between lines in 4:2:0 as in MPEG-2, and the matrix of BT.601 unless the stream names another.
  void prepare(const AVFrame& frame) {
    sws_freeContext(scaler_);
    scaler_ = sws_alloc_context();
    if (scaler_ == nullptr) throw std::bad_alloc();
    const auto set = [&](const char* name, std::int64_t value) { av_opt_set_int(scaler_, name, value, 0); };
    set("srcw", frame.width);
    set("srch", frame.height);
    set("src_format", frame.format);
    set("dstw", frame.width);
    set("dsth", frame.height);
    set("dst_format", AV_PIX_FMT_RGB24);
    set("sws_flags", SWS_BICUBIC);
    if (frame.format == AV_PIX_FMT_YUV420P) set("src_v_chr_pos", 128);
    const int code = sws_init_context(scaler_, nullptr, nullptr);
    check(code >= 0, "{}: a frame of format {} cannot be converted to RGB", path_, format_name(frame));
    int* inverse = nullptr;
    int* forward = nullptr;
    int from_full = 0, to_full = 0, brightness = 0, contrast = 0, saturation = 0;
    if (sws_getColorspaceDetails(scaler_, &inverse, &from_full, &forward, &to_full, &brightness, &contrast,
                                 &saturation) >= 0) {
      if (frame.color_range != AVCOL_RANGE_UNSPECIFIED) from_full = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
      sws_setColorspaceDetails(scaler_, sws_getCoefficients(frame.colorspace), from_full, forward, to_full, brightness,
                               contrast, saturation);
    }
    format_ = frame.format;
    matrix_ = frame.colorspace;
    range_ = frame.color_range;
  }

  std::string path_;
  std::int64_t height_, width_;
  Tensor result_;
  AVFrame* rgb_ = nullptr;
  SwsContext* scaler_ = nullptr;
  int format_ = -1;
  AVColorSpace matrix_ = AVCOL_SPC_UNSPECIFIED;
  AVColorRange range_ = AVCOL_RANGE_UNSPECIFIED;
};

RgbConverter::RgbConverter(std::string path, std::int64_t height, std::int64_t width)
    : state_(std::make_unique<State>(std::move(path), height, width)) {}
RgbConverter::~RgbConverter() = default;

const Tensor& RgbConverter::convert(const AVFrame& frame) {
  return state_->convert(frame);
}

}  // namespace sequent
