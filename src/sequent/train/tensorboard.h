// TensorBoard event files, written by hand: a TFRecord (length, masked CRC, bytes, masked CRC) per event, each event a
// protocol buffer (tensorflow/core/util/event.proto) with a step and scalar values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sequent/base/files.h"

namespace sequent {

struct Scalar {
  std::string tag;
  float value = 0;
};

/// The framed bytes of one event; `wall_time` is seconds since 1970. These are what TensorBoardWriter writes.
std::string tensorboard_version_event(double wall_time);
/// Tells TensorBoard that values of `step` and later, from files before this one, are void.
std::string tensorboard_restart_event(double wall_time, std::int64_t step);
std::string tensorboard_scalars_event(double wall_time, std::int64_t step, std::span<const Scalar> scalars);

class TensorBoardWriter {
 public:
  /// Begins a new event file in `directory`, beside those of earlier parts of the run, which `first_step` cuts off:
  /// the first step that this file will hold, 0 for a fresh run.
  TensorBoardWriter(const std::string& directory, std::int64_t first_step);
  /// Appends one event and hands it to the system.
  void add(std::int64_t step, std::span<const Scalar> scalars);

 private:
  FileWriter writer_;
};

}  // namespace sequent
