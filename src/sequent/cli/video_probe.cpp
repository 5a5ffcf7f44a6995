// sequent video probe: how much of what videos show can be read off an encoder's features.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/progress.h"
#include "sequent/base/stopwatch.h"
#include "sequent/cli/common.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/setting_flags.h"
#include "sequent/cli/video_encoder_flags.h"
#include "sequent/cli/video_verbs.h"
#include "sequent/eval/video_probing.h"

namespace sequent {
namespace {

struct Flags {
  std::string data;
  std::string test;
  double held_out = 0.25;
  bool untrained = false;
  std::string save;
};

struct Split {
  VideoList training;
  VideoList test;
};

// Without a set of its own, the test has a share of each label's videos, spread evenly over them.
Split split_of(const Flags& flags) {
  Split split = {.training = VideoList::open(flags.data), .test = {}};
  split.training.check_labelled();
  if (!flags.test.empty()) {
    split.test = VideoList::open(flags.test);
    split.test.check_labelled();
    check(split.test.labels == split.training.labels, "--test: its labels must be those of {}", flags.data);
    return split;
  }
  check(flags.held_out > 0 && flags.held_out < 1, "--held-out: must be between 0 and 1, got {}", flags.held_out);
  const VideoList all = split.training;
  split.training.entries.clear();
  split.test.labels = all.labels;
  std::vector<double> due(all.labels.size());
  for (const VideoList::Entry& entry : all.entries) {
    double& share = due[static_cast<std::size_t>(entry.label)];
    share += flags.held_out;
    const bool held_out = share >= 1;
    if (held_out) share -= 1;
    (held_out ? split.test : split.training).entries.push_back(entry);
  }
  check(!split.training.entries.empty() && !split.test.entries.empty(),
        "{}: {} videos are too few to hold out {} of each label", flags.data, all.entries.size(), flags.held_out);
  return split;
}

LabelledFeatures features_of(const VisionTransformer& encoder, const VideoList& videos,
                             const VideoFeatureSettings& settings, const ProbingSettings& probing, const char* label,
                             const std::atomic<bool>& interrupted) {
  Progress progress(stderr, label, static_cast<std::int64_t>(videos.entries.size()));
  return labelled_features(
      encoder, videos, settings, probing.pooling == VideoPooling::average,
      [&](const std::string& message) { progress.line("skipped: " + message); },
      [&](std::int64_t done) {
        progress.update(done);
        return !interrupted;
      });
}

void print(const ProbeResult& test, const ProbeResult& training, const std::vector<std::string>& labels) {
  std::size_t width = 5;
  for (const std::string& label : labels) width = std::max(width, label.size());
  std::string table =
      fmt::format("accuracy {:.1f}% of {} videos ({:.1f}% of the {} trained on)\n\n{:>{}}",  //
                  100 * test.accuracy(), test.videos, 100 * training.accuracy(), training.videos, "", width);
  for (std::size_t c = 0; c < labels.size(); ++c) table += fmt::format(" {:>6}", c);
  table += "   predicted\n";
  for (std::size_t row = 0; row < labels.size(); ++row) {
    table += fmt::format("{:>{}}", labels[row], width);
    for (const std::int64_t count : test.confusion[row]) table += fmt::format(" {:>6}", count);
    table += "\n";
  }
  write_out(table);
}

int run(const Flags& flags, const VideoEncoderFlags& encoder_flags, const ProbingSettings& probing, bool json) {
  probing.validate();
  const Split split = split_of(flags);
  const auto encoder = flags.untrained ? encoder_flags.fresh(probing.seed) : encoder_flags.open();
  const VisionTransformer& transformer = encoder->transformer();
  const VideoFeatureSettings settings = encoder_flags.settings(transformer.config());
  VideoFeatureSettings for_training = settings;
  for_training.views = 1;
  const std::atomic<bool>& interrupted = catch_interrupts();
  const Stopwatch watch;
  const LabelledFeatures training =
      features_of(transformer, split.training, for_training, probing, "training videos", interrupted);
  const LabelledFeatures test = features_of(transformer, split.test, settings, probing, "test videos", interrupted);
  if (interrupted) return kInterruptedExit;
  const auto classes = static_cast<std::int64_t>(split.training.labels.size());
  std::unique_ptr<VideoProbe> probe;
  {
    std::unique_ptr<Progress> progress;
    probe = train_video_probe(training, classes, transformer.config(), probing,
                              [&](std::int64_t done, std::int64_t total, double loss) {
                                if (!progress) progress = std::make_unique<Progress>(stderr, "probe", total);
                                progress->update(done, fmt::format("loss {:.3f}", loss));
                                return !interrupted.load();
                              });
  }
  if (interrupted) return kInterruptedExit;
  const ProbeResult result = test_video_probe(*probe, test), on_training = test_video_probe(*probe, training);
  if (!flags.save.empty()) {
    make_directories(flags.save);
    save_video_probe(flags.save, *probe);
  }
  if (json) {
    write_json({{"accuracy", result.accuracy()},
                {"training_accuracy", on_training.accuracy()},
                {"videos", result.videos},
                {"training_videos", on_training.videos},
                {"skipped", training.skipped + test.skipped},
                {"labels", split.training.labels},
                {"confusion", result.confusion},
                {"pooling", kVideoPoolingNames[static_cast<std::size_t>(probing.pooling)]},
                {"standardised", !probing.raw_features},
                {"seconds", watch.seconds()}});
  } else {
    print(result, on_training, split.training.labels);
  }
  return 0;
}

}  // namespace

int run_video_probe(int argc, char** argv) {
  CLI::App app(
      "Trains a classifier on the features that a frozen encoder gives for labelled videos, and tests it on others. "
      "The rows of the table are what videos show, the columns what was said of them.",
      "sequent video probe");
  Flags flags;
  ProbingSettings probing;
  CommonFlags common(app);
  const VideoEncoderFlags encoder(app);
  app.add_option("DATA", flags.data, "a folder with a sub-folder for each label, or a file of lines \"path label\"")
      ->required();
  app.add_option("--test", flags.test, "the videos to test on, as DATA; otherwise a share of DATA");
  app.add_option("--held-out", flags.held_out, "share of each label's videos to test on")->capture_default_str();
  app.add_flag("--untrained", flags.untrained, "with fresh weights instead of the model's, for comparison");
  app.add_option("--save", flags.save, "directory to write the probe to");
  const PrecisionFlag precision(app);
  SettingFlags settings(app, probing.fields());
  if (const auto code = common.parse(app, argc, argv)) return *code;
  settings.apply(probing.fields());
  const ProductPrecisionScope scope(precision.value());
  return run(flags, encoder, probing, common.json());
}

}  // namespace sequent
