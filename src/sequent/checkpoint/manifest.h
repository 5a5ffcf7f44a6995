// The manifest of a saved model: size and checksum of every file, so that a copy that is cut short or a disk that
// changes a bit is found before anything is loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sequent {

inline constexpr std::string_view kManifestName = "manifest.json";

struct ManifestFile {
  std::string name;  // relative to the directory
  std::int64_t bytes = 0;
  std::uint64_t checksum = 0;  // Hash64
};

struct Manifest {
  std::int64_t step = 0;
  /// The loss the model had on held-out data, where it was evaluated.
  std::optional<double> validation_loss;
  std::vector<ManifestFile> files;
};

/// Lists every file in `directory`, brings each to the disk, and writes manifest.json. A loss that is not finite is
/// left out.
Manifest write_manifest(const std::string& directory, std::int64_t step, std::optional<double> validation_loss);

/// Reads manifest.json, which carries its own checksum. Errors: "checkpoint: FILE is damaged (REASON)".
Manifest read_manifest(const std::string& directory);

/// Reads every file the manifest lists and compares. Errors: "checkpoint: FILE is damaged (REASON)", the reason being
/// "missing", "has N bytes instead of M" or "checksum differs".
Manifest verify_manifest(const std::string& directory);

}  // namespace sequent
