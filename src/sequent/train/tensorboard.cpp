#include "sequent/train/tensorboard.h"

#include <bit>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "sequent/base/crc32.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

static_assert(std::endian::native == std::endian::little, "TFRecord and protocol buffers are little-endian");

template <class T>
std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// The four wire forms that events need (protocol buffers encoding: key = field * 8 + wire type).
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string key(std::uint64_t field, std::uint64_t wire_type) {
  return varint(field * 8 + wire_type);
}
std::string integer_field(std::uint64_t field, std::int64_t value) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string double_field(std::uint64_t field, double value) {
  return key(field, 1) + raw(value);
}
std::string bytes_field(std::uint64_t field, std::string_view bytes) {
  return (key(field, 2) + varint(bytes.size())).append(bytes);
}
std::string float_field(std::uint64_t field, float value) {
  return key(field, 5) + raw(value);
}

/// A zero step is the default and left out, as protocol buffers have it.
std::string event_head(double wall_time, std::int64_t step) {
  return double_field(1, wall_time) + (step == 0 ? std::string() : integer_field(2, step));
}

std::string framed(std::string_view event) {
  const auto masked = [](std::string_view bytes) { return raw(std::rotr(crc32c(bytes), 15) + 0xA282EAD8u); };
  const std::string length = raw(static_cast<std::uint64_t>(event.size()));
  return (length + masked(length)).append(event) + masked(event);
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// TensorBoard reads the files of a directory in the order of their names, so the name begins with the time, and files
/// begun within one second are numbered.
std::string new_file_name(const std::string& directory, double wall_time) {
  for (int number = 0;; ++number) {
    const std::string name =
        fmt::format("events.out.tfevents.{:010d}.{:03d}", static_cast<std::int64_t>(wall_time), number);
    const std::filesystem::path path = std::filesystem::path(directory) / name;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return path.string();
  }
}

}  // namespace

std::string tensorboard_version_event(double wall_time) {
  return framed(event_head(wall_time, 0) + bytes_field(3, "brain.Event:2"));
}

std::string tensorboard_restart_event(double wall_time, std::int64_t step) {
  constexpr std::int64_t kStart = 1;  // SessionLog.SessionStatus.START
  return framed(event_head(wall_time, step) + bytes_field(7, integer_field(1, kStart)));
}

std::string tensorboard_scalars_event(double wall_time, std::int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) {
    summary += bytes_field(1, bytes_field(1, scalar.tag) + float_field(2, scalar.value));
  }
  return framed(event_head(wall_time, step) + bytes_field(5, summary));
}

TensorBoardWriter::TensorBoardWriter(const std::string& directory, std::int64_t first_step)
    : writer_(new_file_name(directory, seconds_now()), FileWriter::Mode::create) {
  writer_.write(tensorboard_version_event(seconds_now()));
  if (first_step > 0) writer_.write(tensorboard_restart_event(seconds_now(), first_step));
  writer_.flush();
}

void TensorBoardWriter::add(std::int64_t step, std::span<const Scalar> scalars) {
  writer_.write(tensorboard_scalars_event(seconds_now(), step, scalars));
  writer_.flush();
}

}  // namespace sequent
