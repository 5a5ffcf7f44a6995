#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/setting_flags.h"
#include "sequent/cli/train_progress.h"
#include "sequent/cli/video_verbs.h"
#include "sequent/train/video_run.h"

namespace sequent {

int run_video_pretrain(int argc, char** argv) {
  CLI::App app("Trains a V-JEPA encoder on video without labels.", "sequent video pretrain");
  VideoTrainConfig config;
  std::string recipe;
  bool resume = false;
  CommonFlags common(app);
  app.add_option("--recipe", recipe, "start from a published run: vitl16, vith16 or vith16-384");
  app.add_flag("--resume", resume, "continue the run in --out from its newest checkpoint");
  const SettingSources settings(app, config.fields());
  if (const auto code = common.parse(app, argc, argv)) return *code;

  if (!recipe.empty()) config = video_recipe(recipe);
  settings.apply(config.fields());
  TrainResult result;
  double data_wait = 0;
  {
    TrainProgress progress("pretrain");
    TrainEvents events = progress.events();
    events.step = [&, shown = events.step](const StepMetrics& metrics) {
      data_wait = metrics.data_wait.value_or(data_wait);
      shown(metrics);
    };
    result = resume ? resume_on_video(config.out, events) : train_on_video(config, events);
  }
  if (common.json()) write_json(to_json(result));
  if (result.interrupted) {
    note("stopped at step {}; continue with: sequent video pretrain --resume --out {}", result.steps, config.out);
    return 0;
  }
  if (!common.json()) {
    note("trained {} steps in {} ({})", result.steps, format_duration(result.seconds),
         format_rate(static_cast<double>(result.clips) / std::max(result.seconds, 1e-9), "clips"));
    constexpr double kNoticeable = 0.05;
    note("decoding was waited for {:.1f}% of the time: {}", 100 * data_wait,
         data_wait < kNoticeable ? "computing is the bottleneck" : "it is the bottleneck; more --workers may help");
    note("model: {}\ntry its features: sequent video probe {} LABELLED --stride {}", result.model, config.out,
         config.stride);
  }
  return 0;
}

}  // namespace sequent
