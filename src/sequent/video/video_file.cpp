#include "sequent/video/video_file.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/video/media_input.h"
#include "sequent/video/rgb_converter.h"

namespace sequent {
namespace {

constexpr std::int64_t kNoTime = MediaInput::kNoTime;
// A file of more frames than this, a week of video, is damaged.
constexpr std::int64_t kMaxFrames = std::int64_t{1} << 25;

/// When each frame is shown, and where decoding can begin.
struct FrameIndex {
  std::int64_t frames = 0;
  std::vector<std::int64_t> times;  // of the frames, ascending; empty when frames can only be counted from the start
  std::vector<std::int64_t> keys;   // of the key frames, ascending
};

bool ascending(const std::vector<std::int64_t>& times) {
  return std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) == times.end();
}

/// From the packets alone; false when they do not tell.
bool index_packets(MediaInput& input, FrameIndex& index) {
  if (!input.packets_are_frames()) return false;
  bool first = true;
  std::int64_t first_time = 0;
  for (MediaInput::Packet packet = {}; input.next_packet(packet);) {
    if (packet.time == kNoTime || packet.damaged) return false;
    if (std::exchange(first, false)) {
      first_time = packet.time;
      if (!packet.key) return false;
    }
    // Frames shown before the one that decoding begins with refer to what is not there.
    if (packet.time < first_time) return false;
    if (packet.key) index.keys.push_back(packet.time);
    if (packet.shown) index.times.push_back(packet.time);
    if (static_cast<std::int64_t>(index.times.size()) > kMaxFrames) return false;
  }
  std::sort(index.times.begin(), index.times.end());
  std::sort(index.keys.begin(), index.keys.end());
  index.frames = static_cast<std::int64_t>(index.times.size());
  return ascending(index.times);
}

FrameIndex index_decoded(MediaInput& input) {
  FrameIndex index;
  bool timed = input.seekable();
  while (const AVFrame* frame = input.next_frame()) {
    ++index.frames;
    check(index.frames <= kMaxFrames, "{}: more than {} frames", input.path(), kMaxFrames);
    const std::int64_t time = MediaInput::time_of(*frame);
    timed = timed && time != kNoTime;
    if (!timed) continue;
    index.times.push_back(time);
    if (MediaInput::is_key(*frame)) index.keys.push_back(time);
  }
  if (!timed || !ascending(index.times)) index.times.clear();
  return index;
}

}  // namespace

void for_ascending_frames(const std::string& path, std::span<const std::int64_t> indices, std::int64_t count,
                          FunctionRef<void(std::int64_t index, std::span<const std::int64_t> places)> use) {
  std::vector<std::int64_t> places(indices.size());
  std::iota(places.begin(), places.end(), std::int64_t{0});
  const auto index_at = [&](std::int64_t place) { return indices[static_cast<std::size_t>(place)]; };
  std::stable_sort(places.begin(), places.end(),
                   [&](std::int64_t a, std::int64_t b) { return index_at(a) < index_at(b); });
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    const std::int64_t index = index_at(places[begin]);
    check(index >= 0 && index < count, "{}: frames are numbered 0 to {}, got {}", path, count - 1, index);
    while (end < places.size() && index_at(places[end]) == index) ++end;
    use(index, std::span<const std::int64_t>(places).subspan(begin, end - begin));
  }
}

class VideoFile::State {
 public:
  explicit State(const std::string& path) : input_(path), converter_(path, input_.height(), input_.width()) {
    height_ = input_.height();
    width_ = input_.width();
    if (!index_packets(input_, index_)) {
      input_.rewind();
      index_ = index_decoded(input_);
    }
    check(index_.frames > 0, "{}: there are no frames in it that can be decoded", path);
    from_start();
  }

  std::int64_t frames() const { return index_.frames; }
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  const std::string& path() const { return input_.path(); }

  const Tensor& frame(std::int64_t number) {
    const AVFrame* found =
        index_.times.empty() ? count_to(number) : find(index_.times[static_cast<std::size_t>(number)]);
    check(found != nullptr, "{}: frame {} of {} cannot be decoded", path(), number, index_.frames);
    return converter_.convert(*found);
  }

 private:
  void from_start() {
    input_.rewind();
    next_ = 0;
    last_time_ = kNoTime;
  }

  const AVFrame* count_to(std::int64_t number) {
    if (number < next_) from_start();
    const AVFrame* frame = nullptr;
    while (next_ <= number && (frame = input_.next_frame()) != nullptr) ++next_;
    return frame;
  }

  // The frame shown at `time`: on from where we are if no key frame lies between, otherwise from the last key frame
  // before it, from earlier ones, and in the end from the start.
  const AVFrame* find(std::int64_t time) {
    const auto key = std::upper_bound(index_.keys.begin(), index_.keys.end(), time) - index_.keys.begin() - 1;
    const bool on = last_time_ != kNoTime && last_time_ < time &&
                    (key < 0 || index_.keys[static_cast<std::size_t>(key)] <= last_time_);
    if (on) {
      if (const AVFrame* frame = decode_to(time)) return frame;
    }
    for (std::int64_t back = 0; key - back >= 0; back = 2 * back + 1) {
      if (!input_.seek(index_.keys[static_cast<std::size_t>(key - back)])) break;
      if (const AVFrame* frame = decode_to(time)) return frame;
    }
    from_start();
    return decode_to(time);
  }

  const AVFrame* decode_to(std::int64_t time) {
    while (const AVFrame* frame = input_.next_frame()) {
      last_time_ = MediaInput::time_of(*frame);
      if (last_time_ == time) return frame;
      if (last_time_ > time) break;
    }
    last_time_ = kNoTime;
    return nullptr;
  }

  MediaInput input_;
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  RgbConverter converter_;
  FrameIndex index_;
  std::int64_t next_ = 0;             // when frames are counted: the number of the next one
  std::int64_t last_time_ = kNoTime;  // when they are found by time: of the last one decoded
};

VideoFile::VideoFile(const std::string& path) : state_(std::make_unique<State>(path)) {}
VideoFile::~VideoFile() = default;

std::int64_t VideoFile::frame_count() const {
  return state_->frames();
}
std::int64_t VideoFile::height() const {
  return state_->height();
}
std::int64_t VideoFile::width() const {
  return state_->width();
}

void VideoFile::read(std::span<const std::int64_t> indices,
                     FunctionRef<void(std::int64_t place, const Tensor& frame)> use) {
  for_ascending_frames(state_->path(), indices, frame_count(),
                       [&](std::int64_t index, std::span<const std::int64_t> places) {
                         const Tensor& frame = state_->frame(index);
                         for (const std::int64_t place : places) use(place, frame);
                       });
}

}  // namespace sequent
