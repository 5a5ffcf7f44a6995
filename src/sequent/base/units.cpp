#include "sequent/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "sequent/base/parse_number.h"

namespace sequent {
namespace {

constexpr std::int64_t kKibi = 1024;

// Three significant digits of a number below 1000 (or below 1024, which has four).
std::string three_digits(double value) {
  const double size = std::abs(value);
  // The limits are where rounding to fewer decimals begins to give the longer number.
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string scaled(double value, double base, double limit, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && std::abs(value) >= limit) {
    value /= base;
    ++unit;
  }
  const bool whole = unit == 0 && value == std::floor(value);
  return (whole ? fmt::format("{:.0f}", value) : three_digits(value)) + std::string(units[unit]);
}

}  // namespace

std::string format_count(double count) {
  if (!std::isfinite(count)) return "?";
  constexpr std::array<std::string_view, 5> kUnits = {"", "K", "M", "B", "T"};
  return scaled(count, 1000, 999.5, kUnits);
}

std::optional<std::int64_t> parse_context(std::string_view text) {
  if (text.empty()) return {};
  const char suffix = text.back();
  const std::int64_t factor = suffix == 'k' || suffix == 'K'   ? kKibi
                              : suffix == 'm' || suffix == 'M' ? kKibi * kKibi
                                                               : 1;
  if (factor > 1) text.remove_suffix(1);
  const auto number = parse_number<std::int64_t>(text);
  if (!number || *number < 1 || *number > std::numeric_limits<std::int64_t>::max() / factor) return {};
  return *number * factor;
}

std::string format_context(std::int64_t tokens) {
  if (tokens > 0 && tokens % (kKibi * kKibi) == 0) return fmt::format("{}M", tokens / (kKibi * kKibi));
  if (tokens > 0 && tokens % kKibi == 0) return fmt::format("{}K", tokens / kKibi);
  return fmt::format("{}", tokens);
}

std::string format_bytes(double bytes) {
  if (!std::isfinite(bytes)) return "?";
  constexpr std::array<std::string_view, 6> kUnits = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
  return scaled(bytes, 1024, 1023.5, kUnits);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds == 0) return "0s";
  if (seconds < 0.9995e-3) return three_digits(seconds * 1e6) + " us";
  if (seconds < 0.9995) return three_digits(seconds * 1e3) + " ms";
  if (seconds < 9.995) return fmt::format("{:.2f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e15)));
  const std::int64_t minutes = whole / 60, hours = minutes / 60, days = hours / 24;
  if (minutes == 0) return fmt::format("{}s", whole);
  if (hours == 0) return fmt::format("{}m {:02}s", minutes, whole % 60);
  if (days == 0) return fmt::format("{}h {:02}m", hours, minutes % 60);
  return fmt::format("{}d {:02}h", days, hours % 24);
}

std::string format_rate(double per_second, std::string_view what) {
  return fmt::format("{} {}/s", format_count(per_second), what);
}

}  // namespace sequent
