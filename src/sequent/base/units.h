// Numbers for people: three significant digits and a unit. For machines, print the number itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// A count in powers of 1000: "999", "1.02K", "12.3M", "1.50B", "2.00T".
std::string format_count(double count);

/// A number of tokens as contexts are written: "512", "4k" or "4K" is 4096, "1M" 1048576. Nothing where it is none, or
/// not a positive whole number.
std::optional<std::int64_t> parse_context(std::string_view text);
/// The other way, where it is whole: "4K" for 4096, "500" for 500.
std::string format_context(std::int64_t tokens);

/// Bytes in powers of 1024: "512 B", "12.3 MiB", "1.50 GiB".
std::string format_bytes(double bytes);

/// A duration: "12.3 us", "250 ms", "4.20s", "59s", "1m 05s", "2h 03m", "3d 04h"; "?" if it is unknown (negative, not
/// a number or infinite).
std::string format_duration(double seconds);

/// A rate with the thing it counts: format_rate(3360, "tokens") is "3.36K tokens/s".
std::string format_rate(double per_second, std::string_view what);

}  // namespace sequent
