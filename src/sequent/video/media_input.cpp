#include "sequent/video/media_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "sequent/base/error.h"
#include "sequent/video/video_file.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
}

namespace sequent {
namespace {

// Formats whose readers may run. Playlists and other formats that name further files are not among them.
constexpr const char* kFormats =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,ogg,png_pipe,jpeg_pipe,bmp_pipe,webp_pipe,"
    "tiff_pipe";
// Those that keep an index of key frames.
constexpr std::array<std::string_view, 3> kSeekable = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"};
// Codecs that put one whole, shown frame into each packet in those containers.
constexpr std::array<AVCodecID, 11> kFramePerPacket = {
    AV_CODEC_ID_H264,  AV_CODEC_ID_HEVC,    AV_CODEC_ID_MPEG4,  AV_CODEC_ID_VP9, AV_CODEC_ID_AV1,     AV_CODEC_ID_FFV1,
    AV_CODEC_ID_MJPEG, AV_CODEC_ID_HUFFYUV, AV_CODEC_ID_PRORES, AV_CODEC_ID_PNG, AV_CODEC_ID_RAWVIDEO};

constexpr int kBufferBytes = 1 << 16;

std::string reason(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text = {};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

struct Free {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  void operator()(AVIOContext* io) const {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

template <class T>
Owned<T> owned(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return Owned<T>(pointer);
}

/// The bytes of a file for libavformat, with an end to its patience: a damaged file that sends a reader back and forth
/// is cut off after it has been read many times over.
class Bytes {
 public:
  explicit Bytes(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    check(descriptor_ >= 0, "cannot read {}: {}", path, std::system_category().message(errno));
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(descriptor_);
      fail("cannot read {}: it is not a regular file", path);
    }
    size_ = status.st_size;
    renew_patience();
  }
  ~Bytes() { close(descriptor_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  void renew_patience() { patience_ = 16 * size_ + (std::int64_t{64} << 20); }
  Owned<AVIOContext> io() {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    return owned(avio_alloc_context(buffer, kBufferBytes, /*write_flag=*/0, this, read, nullptr, seek));
  }

 private:
  static int read(void* self, std::uint8_t* buffer, int size) {
    auto& bytes = *static_cast<Bytes*>(self);
    // Every call costs something, a read of nothing too.
    bytes.patience_ -= std::max(size, 512);
    if (bytes.patience_ < 0) return AVERROR_EXIT;
    const ssize_t count = pread(bytes.descriptor_, buffer, static_cast<std::size_t>(size), bytes.position_);
    if (count < 0) return AVERROR(errno);
    bytes.position_ += count;
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
  }
  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& bytes = *static_cast<Bytes*>(self);
    switch (whence & ~AVSEEK_FORCE) {
      case AVSEEK_SIZE:
        return bytes.size_;
      case SEEK_SET:
        break;
      case SEEK_CUR:
        offset += bytes.position_;
        break;
      case SEEK_END:
        offset += bytes.size_;
        break;
      default:
        return AVERROR(EINVAL);
    }
    if (offset < 0) return AVERROR(EINVAL);
    bytes.patience_ -= 512;
    return bytes.position_ = offset;
  }

  int descriptor_;
  std::int64_t size_ = 0;
  std::int64_t position_ = 0;
  std::int64_t patience_ = 0;
};

}  // namespace

class MediaInput::State {
 public:
  explicit State(const std::string& path_in)
      : path(path_in), packet(owned(av_packet_alloc())), frame(owned(av_frame_alloc())) {
    static const bool quiet = (av_log_set_level(AV_LOG_QUIET), true);  // the library never prints
    static_cast<void>(quiet);
    open();
  }

  void open() {
    decoder.reset();
    format.reset();
    io.reset();
    bytes = std::make_unique<Bytes>(path);
    io = bytes->io();
    open_format();
    open_decoder();
    drained = false;
  }

  // The next packet of our stream; false at the end, which a read error is too.
  bool read_packet() {
    for (;;) {
      av_packet_unref(packet.get());
      const int code = av_read_frame(format.get(), packet.get());
      if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
      if (code < 0) return false;
      if (packet->stream_index == stream->index) return true;
    }
  }

  std::string path;
  std::unique_ptr<Bytes> bytes;
  Owned<AVIOContext> io;  // outlives what reads through it
  Owned<AVFormatContext> format;
  AVStream* stream = nullptr;
  Owned<AVCodecContext> decoder;
  Owned<AVPacket> packet;
  Owned<AVFrame> frame;
  bool drained = false;  // no packets are left

 private:
  void open_format() {
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    context->pb = io.get();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "format_whitelist", kFormats, 0);
    av_dict_set(&options, "protocol_whitelist", "none", 0);
    int code = avformat_open_input(&context, "", nullptr, &options);  // frees the context if it fails
    av_dict_free(&options);
    check(code >= 0, "{}: not a video or image that can be read: {}", path, reason(code));
    format.reset(context);
    for (unsigned i = 0; i < context->nb_streams; ++i) {
      AVCodecParameters& parameters = *context->streams[i]->codecpar;
      if (parameters.codec_type != AVMEDIA_TYPE_VIDEO) {
        context->streams[i]->discard = AVDISCARD_ALL;
      } else {
        check_size(parameters.width, parameters.height);  // before anything is decoded to find out more
      }
    }
    code = avformat_find_stream_info(context, nullptr);
    check(code >= 0, "{}: its streams cannot be read: {}", path, reason(code));
    const int best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    check(best >= 0, "{}: there are no pictures in it that can be decoded", path);
    stream = context->streams[best];
    for (unsigned i = 0; i < context->nb_streams; ++i) {
      if (static_cast<int>(i) != best) context->streams[i]->discard = AVDISCARD_ALL;
    }
  }

  void open_decoder() {
    const AVCodec* codec = avcodec_find_decoder(stream->codecpar->codec_id);
    check(codec != nullptr, "{}: there is no decoder for its codec, {}", path,
          avcodec_get_name(stream->codecpar->codec_id));
    decoder = owned(avcodec_alloc_context3(codec));
    int code = avcodec_parameters_to_context(decoder.get(), stream->codecpar);
    if (code >= 0) {
      decoder->pkt_timebase = stream->time_base;
      decoder->thread_count = 1;  // clips are decoded beside one another
      decoder->max_pixels = VideoFile::kMaxPixels;
      code = avcodec_open2(decoder.get(), codec, nullptr);
    }
    check(code >= 0, "{}: its decoder, {}, cannot be opened: {}", path, codec->name, reason(code));
    check(decoder->width > 0 && decoder->height > 0, "{}: the size of its frames is not known", path);
    check_size(decoder->width, decoder->height);
  }

  void check_size(std::int64_t width, std::int64_t height) const {
    check(width * height <= VideoFile::kMaxPixels, "{}: frames may have at most {} pixels, got {}x{}", path,
          VideoFile::kMaxPixels, width, height);
  }
};

MediaInput::MediaInput(const std::string& path) : state_(std::make_unique<State>(path)) {}
MediaInput::~MediaInput() = default;

bool MediaInput::next_packet(Packet& packet) {
  if (!state_->read_packet()) return false;
  const AVPacket& read = *state_->packet;
  packet = {.time = read.pts == AV_NOPTS_VALUE ? kNoTime : read.pts,
            .key = (read.flags & AV_PKT_FLAG_KEY) != 0,
            .shown = (read.flags & AV_PKT_FLAG_DISCARD) == 0,
            .damaged = (read.flags & AV_PKT_FLAG_CORRUPT) != 0 || read.size == 0};
  return true;
}

const AVFrame* MediaInput::next_frame() {
  State& state = *state_;
  for (;;) {
    const int code = avcodec_receive_frame(state.decoder.get(), state.frame.get());
    if (code >= 0) return state.frame.get();
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (code == AVERROR_EOF) return nullptr;
    // A decoder that says nothing else wants the next packet; one that stumbles goes on with it, too.
    if (state.drained && code != AVERROR(EAGAIN)) return nullptr;
    state.drained = state.drained || !state.read_packet();
    const int sent = avcodec_send_packet(state.decoder.get(), state.drained ? nullptr : state.packet.get());
    if (sent == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (state.drained && sent < 0) return nullptr;
  }
}

std::int64_t MediaInput::time_of(const AVFrame& frame) {
  return frame.pts == AV_NOPTS_VALUE ? kNoTime : frame.pts;
}

bool MediaInput::is_key(const AVFrame& frame) {
#ifdef AV_FRAME_FLAG_KEY  // since FFmpeg 6.1
  return (frame.flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return frame.key_frame != 0;
#endif
}

bool MediaInput::seek(std::int64_t time) {
  State& state = *state_;
  state.bytes->renew_patience();
  if (av_seek_frame(state.format.get(), state.stream->index, time, AVSEEK_FLAG_BACKWARD) < 0) return false;
  avcodec_flush_buffers(state.decoder.get());
  state.drained = false;
  return true;
}

void MediaInput::rewind() {
  state_->open();
}

std::int64_t MediaInput::height() const {
  return state_->decoder->height;
}

std::int64_t MediaInput::width() const {
  return state_->decoder->width;
}

const std::string& MediaInput::path() const {
  return state_->path;
}

bool MediaInput::seekable() const {
  return std::find(kSeekable.begin(), kSeekable.end(), state_->format->iformat->name) != kSeekable.end();
}

bool MediaInput::packets_are_frames() const {
  return seekable() &&
         std::find(kFramePerPacket.begin(), kFramePerPacket.end(), state_->decoder->codec_id) != kFramePerPacket.end();
}

}  // namespace sequent
