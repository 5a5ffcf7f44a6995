// A progress bar for long work: drawn in place on a terminal, an occasional plain line anywhere else. It writes only
// to the stream it is given.
//
//   train ━━━━━━━━━━━━───────────────── 42%  840/2000  loss 1.932  3.36K tokens/s  lr 2.9e-04  1m 05s, 1m 30s left
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace sequent {

class Progress {
 public:
  struct Options {
    /// Work already done when this run starts (a resumed run): it does not count towards the speed.
    std::int64_t done_before = 0;
    /// On a terminal the bar is drawn at most once per `draw_seconds`; elsewhere a line is printed per `line_seconds`.
    double draw_seconds = 0.1;
    double line_seconds = 10;
    /// Seconds since any fixed moment; the steady clock where none is given.
    std::function<double()> clock = {};
  };

  /// Shows progress towards `total` (0: unknown) on `out`, which must outlive this object. On a terminal the bar has
  /// colours unless the environment variable NO_COLOR is set; a terminal that says it is "dumb" gets plain lines.
  Progress(std::FILE* out, std::string label, std::int64_t total, Options options);
  Progress(std::FILE* out, std::string label, std::int64_t total) : Progress(out, std::move(label), total, Options{}) {}
  /// Finishes.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total is done. `fields` is shown as it is: loss, speed, learning rate. All methods may be called
  /// from several threads.
  void update(std::int64_t done, std::string_view fields = {});
  /// Prints a line of its own, above the bar.
  void line(std::string_view text);
  /// Shows the last state and ends the line. Further updates are ignored.
  void finish();

 private:
  std::string times(double now) const;
  std::string bar_line(double now, int width) const;
  std::string plain_line(double now) const;
  void show(double now);
  void write(std::string_view text) const;

  std::FILE* out_;
  std::string label_;
  std::int64_t total_;
  Options options_;
  bool terminal_;
  bool colours_;
  bool utf8_;

  std::mutex mutex_;
  std::string fields_;
  std::int64_t done_;
  double started_;
  double shown_;
  bool on_screen_ = false;
  bool changed_ = false;
  bool finished_ = false;
};

}  // namespace sequent
