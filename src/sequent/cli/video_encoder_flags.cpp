#include "sequent/cli/video_encoder_flags.h"

#include <CLI/CLI.hpp>

#include "sequent/cli/number_checks.h"
#include "sequent/models/model_directory.h"

namespace sequent {
namespace {

std::filesystem::path place_of(const std::string& model) {
  return std::filesystem::is_regular_file(model) ? std::filesystem::path(model) : find_model_directory(model);
}

}  // namespace

VideoEncoderFlags::VideoEncoderFlags(CLI::App& app) {
  app.add_option("MODEL", model_, "model directory, run directory, or published file (jepa-latest.pth.tar)")
      ->required();
  app.add_option("--clips", clips_, "clips of each video, one from each of equal parts")->check(positive_integer());
  app.add_option("--stride", stride_, "a clip spans this many times its frames")->check(positive_integer());
  app.add_option("--frames", frames_, "of a clip; as the encoder was made for if not given")->check(positive_integer());
  app.add_option("--size", size_, "height and width of a clip; as the encoder was made for if not given")
      ->check(positive_integer());
  app.add_option("--views", views_, "views of each clip: the centre, or squares along the longer side")
      ->check(positive_integer());
  app.add_option("--encoder", encoder_, "target, the moving average; or context, the encoder of which it is that")
      ->check(CLI::IsMember({"target", "context"}));
}

std::unique_ptr<VideoEncoder> VideoEncoderFlags::open() const {
  return load_video_encoder(place_of(model_), encoder_ == "context" ? EncoderChoice::context : EncoderChoice::target);
}

std::unique_ptr<VideoEncoder> VideoEncoderFlags::fresh(std::int64_t seed) const {
  const auto source = fresh_parameters(static_cast<std::uint64_t>(seed));
  return std::make_unique<VideoEncoder>(read_vjepa_description(place_of(model_)).config.encoder, *source);
}

VideoFeatureSettings VideoEncoderFlags::settings(const VisionTransformerConfig& encoder) const {
  VideoFeatureSettings settings = feature_settings(encoder);
  settings.sampling.clips = clips_;
  settings.sampling.stride = stride_;
  if (frames_ > 0) settings.sampling.frames = frames_;
  if (size_ > 0) settings.size = size_;
  settings.views = views_;
  return settings;
}

}  // namespace sequent
