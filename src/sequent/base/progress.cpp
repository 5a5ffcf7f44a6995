#include "sequent/base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "sequent/base/units.h"

namespace sequent {
namespace {

constexpr int kWidestBar = 30;
constexpr int kNarrowestBar = 8;
constexpr std::string_view kClearLine = "\r\x1b[K";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_terminal(std::FILE* out) {
  const char* kind = std::getenv("TERM");
  return isatty(fileno(out)) && !(kind && std::string_view(kind) == "dumb");
}

bool wants_colours() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return !no_color || *no_color == '\0';
}

bool is_utf8() {
  // As setlocale(3) would read them: the first that is set and not empty decides.
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || *value == '\0') continue;
    const std::string_view locale = value;
    for (const std::string_view utf8 : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (locale.find(utf8) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

int terminal_width(std::FILE* out) {
  winsize size = {};
  return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_character));
}

// At most `columns` characters, and nothing that would leave the line.
std::string fit(std::string_view text, int columns) {
  std::string result;
  for (const char c : text) {
    if (starts_character(c) && columns-- <= 0) break;
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result;
}

std::string repeat(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

Progress::Progress(std::FILE* out, std::string label, std::int64_t total, Options options)
    : out_(out),
      label_(std::move(label)),
      total_(total),
      options_(std::move(options)),
      terminal_(is_terminal(out)),
      colours_(wants_colours()),
      utf8_(is_utf8()),
      done_(options_.done_before) {
  if (!options_.clock) options_.clock = steady_seconds;
  started_ = options_.clock();
  // The bar appears at once; the first plain line after the first interval.
  shown_ = terminal_ ? -std::numeric_limits<double>::infinity() : started_;
}

Progress::~Progress() {
  try {
    finish();
  } catch (...) {  // out of memory while formatting: nothing to show then
  }
}

void Progress::update(std::int64_t done, std::string_view fields) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  done_ = done;
  fields_ = fields;
  changed_ = true;
  const double now = options_.clock();
  if (now - shown_ >= (terminal_ ? options_.draw_seconds : options_.line_seconds)) show(now);
}

void Progress::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (!on_screen_) {
    write(fmt::format("{}\n", text));
    return;
  }
  // One write, so that the bar does not flicker.
  const double now = options_.clock();
  write(fmt::format("{}{}\n{}", kClearLine, text, bar_line(now, terminal_width(out_))));
  shown_ = now;
  changed_ = false;
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (changed_) show(options_.clock());
  if (on_screen_) write("\n");
  on_screen_ = false;
}

void Progress::show(double now) {
  if (terminal_) {
    write(fmt::format("{}{}", kClearLine, bar_line(now, terminal_width(out_))));
    on_screen_ = true;
  } else {
    write(plain_line(now) + "\n");
  }
  shown_ = now;
  changed_ = false;
}

void Progress::write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

// "1m 05s, 1m 30s left".
std::string Progress::times(double now) const {
  const double elapsed = now - started_;
  // Tenths of a second would only flicker.
  const auto whole = [](double seconds) {
    return seconds < 9.5 ? fmt::format("{:.0f}s", seconds) : format_duration(seconds);
  };
  const std::int64_t done_here = done_ - options_.done_before;
  if (total_ <= 0 || done_ >= total_ || done_here <= 0) return whole(elapsed);
  const double left = elapsed * static_cast<double>(total_ - done_) / static_cast<double>(done_here);
  return fmt::format("{}, {} left", whole(elapsed), whole(left));
}

std::string Progress::plain_line(double now) const {
  std::string text = label_;
  if (total_ > 0) {
    text += fmt::format(" {}/{} ({}%)", done_, total_, std::clamp<std::int64_t>(done_ * 100 / total_, 0, 100));
  } else {
    text += fmt::format(" {}", done_);
  }
  if (!fields_.empty()) text += "  " + fields_;
  return text + "  " + times(now);
}

std::string Progress::bar_line(double now, int width) const {
  const int room = width - 1;  // a full last column would wrap
  if (total_ <= 0) return fit(plain_line(now), room);
  const double part = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
  std::string after = fmt::format(" {:3.0f}%  {}/{}", std::floor(100 * part), done_, total_);
  if (!fields_.empty()) after += "  " + fields_;
  after += "  " + times(now);
  const int cells = std::min(kWidestBar, room - columns_of(label_) - 1 - columns_of(after));
  // Too narrow for a bar: the numbers matter more.
  if (cells < kNarrowestBar) return fit(label_ + after, room);
  const int full = static_cast<int>(part * cells);
  const std::string done = repeat(utf8_ ? "━" : "=", full), open = repeat(utf8_ ? "─" : "-", cells - full);
  return fmt::format("{} {}{}{}{}{}{}", label_, colours_ ? "\x1b[32m" : "", done, colours_ ? "\x1b[2;39m" : "", open,
                     colours_ ? "\x1b[0m" : "", fit(after, columns_of(after)));
}

}  // namespace sequent
