// What the verbs that look at videos through an encoder share: which model, and how clips are taken.
#pragma once

#include <memory>
#include <string>

#include "sequent/eval/video_features.h"
#include "sequent/models/vjepa_directory.h"

namespace CLI {
class App;
}

namespace sequent {

class VideoEncoderFlags {
 public:
  /// Adds MODEL, --clips, --stride, --frames, --size, --views and --encoder.
  explicit VideoEncoderFlags(CLI::App& app);

  /// The encoder of the model directory, run directory or published file.
  std::unique_ptr<VideoEncoder> open() const;
  /// The same with fresh weights of this seed.
  std::unique_ptr<VideoEncoder> fresh(std::int64_t seed) const;
  /// As the encoder was made for where nothing else was asked for.
  VideoFeatureSettings settings(const VisionTransformerConfig& encoder) const;

 private:
  std::string model_;
  std::string encoder_ = "target";
  std::int64_t clips_ = 1;
  std::int64_t stride_ = 4;
  std::int64_t frames_ = 0;
  std::int64_t size_ = 0;
  std::int64_t views_ = 1;
};

}  // namespace sequent
