#include "sequent/train/run_directory.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/parse_number.h"
#include "sequent/checkpoint/manifest.h"
#include "sequent/train/metrics.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStepPrefix = "step-";

std::string inside(const std::string& directory, std::string_view name) {
  return (fs::path(directory) / name).string();
}

std::string step_name(std::int64_t step) {
  return fmt::format("{}{}", kStepPrefix, step);
}

/// N of "step-N"; nothing for any other name.
std::optional<std::int64_t> step_of(const std::string& name) {
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  const auto step = parse_number<std::int64_t>(std::string_view(name).substr(kStepPrefix.size()));
  return step && step_name(*step) == name ? step : std::nullopt;
}

/// Removes an unfinished directory whatever happens; it is gone already when it has got its final name.
class RemoveAtEnd {
 public:
  explicit RemoveAtEnd(const std::string& path) : path_(path) {}
  ~RemoveAtEnd() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  RemoveAtEnd(const RemoveAtEnd&) = delete;
  RemoveAtEnd& operator=(const RemoveAtEnd&) = delete;

 private:
  const std::string& path_;
};

}  // namespace

RunDirectory::RunDirectory(const std::string& path) : path_(path), lock_(lock_directory(path)) {}

RunDirectory RunDirectory::create(const std::string& path, std::string_view config) {
  make_directories(path);
  RunDirectory run(path);
  std::error_code error;
  for (const std::string& sign : {run.config_path(), run.metrics_path(), run.checkpoints_path()}) {
    check(!fs::exists(sign, error), "{} already holds a run: use --resume to continue it, or another --out", path);
  }
  remove_temporaries(path);
  // First, because it is what makes the directory a run: killed after this, it can be opened.
  write_file_atomically(run.config_path(), config);
  make_directories(run.checkpoints_path());
  return run;
}

RunDirectory RunDirectory::open(const std::string& path) {
  std::error_code error;
  check(fs::exists(inside(path, "config.toml"), error), "{} holds no run: there is no config.toml", path);
  RunDirectory run(path);
  make_directories(run.checkpoints_path());
  remove_temporaries(path);
  remove_temporaries(run.checkpoints_path());
  run.find_best();
  return run;
}

std::string RunDirectory::config_path() const {
  return inside(path_, "config.toml");
}
std::string RunDirectory::metrics_path() const {
  return inside(path_, "metrics.jsonl");
}
std::string RunDirectory::checkpoints_path() const {
  return inside(path_, "checkpoints");
}
std::string RunDirectory::config() const {
  return read_text(config_path());
}
std::string RunDirectory::checkpoint_path(std::int64_t step) const {
  return inside(checkpoints_path(), step_name(step));
}

std::vector<std::int64_t> RunDirectory::steps() const {
  std::vector<std::int64_t> steps;
  std::error_code error;
  fs::directory_iterator entry(checkpoints_path(), error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (const auto step = step_of(entry->path().filename().string())) steps.push_back(*step);
  }
  check(!error, "cannot read {}: {}", checkpoints_path(), error.message());
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::optional<Checkpoint> RunDirectory::latest_checkpoint(std::vector<std::string>* damaged) const {
  const std::vector<std::int64_t> all = steps();
  std::vector<std::string> sentences;
  for (auto step = all.rbegin(); step != all.rend(); ++step) {
    Checkpoint checkpoint = {*step, checkpoint_path(*step), {}};
    try {
      checkpoint.validation_loss = verify_manifest(checkpoint.directory).validation_loss;
    } catch (const Error& error) {
      sentences.emplace_back(error.what());
      continue;
    }
    if (!sentences.empty() && damaged == nullptr) {
      fail("{}; {} is the newest whole one", sentences.front(), step_name(*step));
    }
    if (damaged != nullptr) damaged->insert(damaged->end(), sentences.begin(), sentences.end());
    return checkpoint;
  }
  if (!sentences.empty()) fail("{}; there is no whole one in {}", sentences.front(), checkpoints_path());
  return std::nullopt;
}

void RunDirectory::find_best() {
  best_.reset();
  for (const std::int64_t step : steps()) {
    try {
      const Manifest manifest = read_manifest(checkpoint_path(step));
      const bool lower = manifest.validation_loss && (!best_ || *manifest.validation_loss < *best_->validation_loss);
      if (lower) best_ = Checkpoint{step, checkpoint_path(step), manifest.validation_loss};
    } catch (const Error&) {
      // A damaged checkpoint is never the best; latest_checkpoint names it.
    }
  }
}

void RunDirectory::point(const std::string& link, const std::optional<Checkpoint>& checkpoint) const {
  if (checkpoint) {
    replace_symlink("checkpoints/" + step_name(checkpoint->step), inside(path_, link));
  } else {
    std::error_code ignored;
    fs::remove(inside(path_, link), ignored);
  }
}

void RunDirectory::rewind(std::int64_t step) {
  std::optional<Checkpoint> latest;
  for (const std::int64_t saved : steps()) {
    if (saved <= step) {
      latest = Checkpoint{saved, checkpoint_path(saved), {}};
    } else {
      replace_directory(checkpoint_path(saved), inside(checkpoints_path(), "damaged-" + step_name(saved)));
    }
  }
  find_best();
  point("latest", latest);
  point("best", best_);
  cut_metrics(metrics_path(), step);
}

Checkpoint RunDirectory::save_checkpoint(std::int64_t step, FunctionRef<void(const std::string&)> write,
                                         std::optional<double> validation_loss, int keep_last) {
  check(step >= 0 && keep_last >= 1, "checkpoint: step must be at least 0 and keep_last at least 1, got {} and {}",
        step, keep_last);
  const std::string temporary = inside(checkpoints_path(), std::string(kTemporaryPrefix) + step_name(step));
  Checkpoint checkpoint = {step, checkpoint_path(step), {}};
  {
    const RemoveAtEnd guard(temporary);
    make_directories(temporary);
    write(temporary);
    checkpoint.validation_loss = write_manifest(temporary, step, validation_loss).validation_loss;
    replace_directory(temporary, checkpoint.directory);
  }
  point("latest", checkpoint);
  find_best();
  point("best", best_);
  prune(keep_last);
  return checkpoint;
}

void RunDirectory::prune(int keep_last) const {
  std::vector<std::int64_t> all = steps();
  all.resize(all.size() - std::min(all.size(), static_cast<std::size_t>(keep_last)));
  for (const std::int64_t step : all) {
    if (!best_ || best_->step != step) remove_directory(checkpoint_path(step));
  }
}

}  // namespace sequent
