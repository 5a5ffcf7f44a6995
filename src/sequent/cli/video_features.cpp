// sequent video features: what an encoder makes of videos, for other programs, or as a picture.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/progress.h"
#include "sequent/base/stopwatch.h"
#include "sequent/checkpoint/npy.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/cli/common.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/video_encoder_flags.h"
#include "sequent/cli/video_verbs.h"
#include "sequent/video/clip_dataset.h"
#include "sequent/video/png_writer.h"
#include "sequent/video/video_list.h"

namespace sequent {
namespace {

struct Flags {
  std::string data;
  std::string out;
  std::string map;
  bool tokens = false;
};

struct Computed {
  std::vector<NamedTensor> features;
  std::int64_t skipped = 0;
  bool interrupted = false;
};

Tensor features_of(const VisionTransformer& encoder, const std::string& path, const VideoFeatureSettings& settings,
                   bool tokens) {
  const Tensor all = video_features(encoder, path, settings).front();
  return tokens ? all : mean_feature(all);
}

Computed compute(const VisionTransformer& encoder, const VideoList& videos, const VideoFeatureSettings& settings,
                 bool tokens) {
  Computed computed;
  const std::atomic<bool>& interrupted = catch_interrupts();
  Progress progress(stderr, "features", static_cast<std::int64_t>(videos.entries.size()));
  std::int64_t done = 0;
  for (const VideoList::Entry& entry : videos.entries) {
    try {
      computed.features.push_back({entry.path, features_of(encoder, entry.path, settings, tokens)});
    } catch (const Error& error) {
      ++computed.skipped;
      progress.line(std::string("skipped: ") + error.what());
    }
    progress.update(++done);
    if (interrupted) {
      computed.interrupted = true;
      break;
    }
  }
  check(!computed.features.empty(), "none of {} videos could be read", videos.entries.size());
  return computed;
}

// All in one array, a row for each video.
Tensor stacked(const std::vector<NamedTensor>& features) {
  const Shape& one = features.front().tensor.shape();
  std::vector<std::int64_t> sizes = {static_cast<std::int64_t>(features.size())};
  sizes.insert(sizes.end(), one.sizes().begin(), one.sizes().end());
  const Tensor all = Tensor::empty(Shape(std::span<const std::int64_t>(sizes)));
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    all.slice(row, row + 1).copy_from(features[i].tensor);
  }
  return all;
}

void write_features(const std::string& out, const std::vector<NamedTensor>& features) {
  if (out.ends_with(".npy")) {
    save_npy(out, stacked(features));
  } else {
    save_safetensors(out, features);
  }
}

void write_map(const VisionTransformer& encoder, const std::string& path, const VideoFeatureSettings& settings,
               const std::string& out) {
  const Random random(settings.seed, Random::stream_of(path));
  const Tensor clip = evaluation_clips(path, settings.sampling, settings.size, settings.views, random)[0][0];
  const Tensor features = video_features(encoder, path, settings).front().slice(0, 1);
  const Shape& shape = features.shape();
  write_png(out,
            feature_map(clip, features.reshape({shape[1], shape[2], shape[3], shape[4]}), encoder.config().tubelet));
}

int run(const Flags& flags, const VideoEncoderFlags& encoder_flags, bool json) {
  check(!flags.out.empty() || !flags.map.empty(), "nothing to write: give --out or --map");
  check(flags.out.empty() || flags.out.ends_with(".npy") || flags.out.ends_with(".safetensors"),
        "--out: the name must end with .safetensors or .npy, got {}", flags.out);
  const VideoList videos = VideoList::open(flags.data);
  const auto encoder = encoder_flags.open();
  const VideoFeatureSettings settings = encoder_flags.settings(encoder->transformer().config());
  if (!flags.map.empty()) {
    write_map(encoder->transformer(), videos.entries.front().path, settings, flags.map);
    if (!json) note("{}: {}, frames above, principal components below", flags.map, videos.entries.front().path);
  }
  Computed computed;
  const Stopwatch watch;
  if (!flags.out.empty()) {
    computed = compute(encoder->transformer(), videos, settings, flags.tokens);
    write_features(flags.out, computed.features);
  }
  if (json) {
    nlohmann::json paths = nlohmann::json::array();
    for (const NamedTensor& video : computed.features) paths.push_back(video.name);
    nlohmann::json shape = nlohmann::json::array();
    if (!computed.features.empty()) {
      for (const std::int64_t size : computed.features.front().tensor.shape().sizes()) shape.push_back(size);
    }
    write_json({{"videos", paths},
                {"skipped", computed.skipped},
                {"shape", shape},
                {"seconds", watch.seconds()},
                {"out", flags.out},
                {"map", flags.map}});
  } else if (!flags.out.empty()) {
    note("{}: {} videos of {}, {} skipped, {:.1f} s", flags.out, computed.features.size(),
         to_string(computed.features.front().tensor.shape()), computed.skipped, watch.seconds());
  }
  return computed.interrupted ? kInterruptedExit : 0;
}

}  // namespace

int run_video_features(int argc, char** argv) {
  CLI::App app(
      "Writes the features that an encoder gives for videos. A .safetensors file has a tensor for each video, named by "
      "its path; a .npy file one array with a row for each.",
      "sequent video features");
  Flags flags;
  CommonFlags common(app);
  const VideoEncoderFlags encoder(app);
  app.add_option("DATA", flags.data, "a video, a folder of videos, or a file of lines \"path label\"")->required();
  app.add_option("--out", flags.out, "file to write, .safetensors or .npy");
  app.add_flag("--tokens", flags.tokens,
               "every token, [clips, depth, height, width, channels], instead of the mean over all of a video");
  app.add_option("--map", flags.map,
                 "PNG to write: frames of the first video, and below them its features, their first three principal "
                 "components as red, green and blue");
  const PrecisionFlag precision(app);
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const ProductPrecisionScope scope(precision.value());
  return run(flags, encoder, common.json());
}

}  // namespace sequent
