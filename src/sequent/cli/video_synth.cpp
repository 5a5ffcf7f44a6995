#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sequent/base/progress.h"
#include "sequent/cli/common.h"
#include "sequent/cli/video_verbs.h"
#include "sequent/video/synthetic.h"

namespace sequent {

int run_video_synth(int argc, char** argv) {
  CLI::App app(
      "Writes a labelled data set of videos of moving shapes: OUT/MOTION/NUMBER.mp4. The label is the motion; no "
      "single "
      "frame tells it.",
      "sequent video synth");
  std::string out;
  SyntheticVideos settings;
  CommonFlags common(app);
  app.add_option("OUT", out, "directory, made if it is not there")->required();
  app.add_option("--videos", settings.videos, "how many, spread evenly over the motions")->capture_default_str();
  app.add_option("--frames", settings.frames, "of each video")->capture_default_str();
  app.add_option("--size", settings.size, "height and width in pixels, even")->capture_default_str();
  app.add_option("--shapes", settings.shapes, "in each video")->capture_default_str();
  app.add_option("-s,--seed", settings.seed, "another seed gives other videos")->capture_default_str();
  if (const auto code = common.parse(app, argc, argv)) return *code;
  settings.validate();
  {
    Progress progress(stderr, "synth", settings.videos);
    write_synthetic_videos(settings, out, [&](std::int64_t done) { progress.update(done); });
  }
  if (common.json()) {
    write_json({{"directory", out}, {"videos", settings.videos}, {"labels", motion_names()}});
  } else {
    note("{} videos of {} motions in {}", settings.videos, motion_names().size(), out);
  }
  return 0;
}

}  // namespace sequent
