// One video stream of a file on its way out of its container and through its decoder, with FFmpeg's libav*.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct AVFrame;

namespace sequent {

class MediaInput {
 public:
  /// Opens the file and the decoder of its best video stream. Only the file itself is ever read, whatever it refers to,
  /// and only by readers of formats in which videos and images are kept. Errors name the path.
  explicit MediaInput(const std::string& path);
  ~MediaInput();
  MediaInput(const MediaInput&) = delete;
  MediaInput& operator=(const MediaInput&) = delete;

  struct Packet {
    std::int64_t time;  // when it is shown, in units of the stream; kNoTime if unknown
    bool key;           // decoding can begin here
    bool shown;         // not cut off by an edit list
    bool damaged;
  };
  static constexpr std::int64_t kNoTime = INT64_MIN;

  /// The next packet as the container describes it, without decoding; false at the end. Not to be mixed with
  /// next_frame(): rewind() between them.
  bool next_packet(Packet& packet);

  /// The next frame in the order in which frames are shown, or null at the end; valid until the next call. Packets that
  /// cannot be decoded are passed over.
  const AVFrame* next_frame();
  static std::int64_t time_of(const AVFrame& frame);
  static bool is_key(const AVFrame& frame);

  /// To the last key frame that the container finds at or before `time`; false if it cannot.
  bool seek(std::int64_t time);
  /// To the start.
  void rewind();

  std::int64_t height() const;
  std::int64_t width() const;
  const std::string& path() const;
  /// Whether seek() can be trusted to end at a key frame in this container.
  bool seekable() const;
  /// Whether each packet of this codec and container is one frame.
  bool packets_are_frames() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sequent
