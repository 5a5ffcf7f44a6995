#include "sequent/checkpoint/manifest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "sequent/base/json.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void fail_damaged(const fs::path& path, std::string_view reason) {
  fail("checkpoint: {} is damaged ({})", path.string(), reason);
}

std::uint64_t checksum_of(const std::string& path) {
  Hash64 hash;
  read_in_pieces(path, [&](std::span<const std::byte> piece) { hash.update(piece.data(), piece.size()); });
  return hash.digest();
}

std::vector<ManifestFile> seal_files(const fs::path& directory) {
  std::vector<ManifestFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const std::string name = entry.path().lexically_relative(directory).string();
    if (entry.is_directory()) {
      fsync_directory(path);
    } else if (name != kManifestName) {
      fsync_file(path);
      files.push_back({name, static_cast<std::int64_t>(entry.file_size()), checksum_of(path)});
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

json content_of(const Manifest& manifest) {
  json content = {{"step", manifest.step}, {"files", json::array()}};
  if (manifest.validation_loss) content["val_loss"] = *manifest.validation_loss;
  for (const ManifestFile& file : manifest.files) {
    content["files"].push_back({{"name", file.name}, {"bytes", file.bytes}, {"xxh64", hexadecimal(file.checksum)}});
  }
  return content;
}

/// The checksum has been compared before, so `content` is what content_of gave; a forged one still only throws.
Manifest manifest_from(const json& content) {
  Manifest manifest;
  manifest.step = content.at("step").get<std::int64_t>();
  if (content.contains("val_loss")) manifest.validation_loss = content.at("val_loss").get<double>();
  for (const json& file : content.at("files")) {
    const fs::path name = file.at("name").get<std::string>();
    check(name.is_relative() && std::find(name.begin(), name.end(), "..") == name.end(),
          "name outside of the checkpoint");
    manifest.files.push_back({name.string(), file.at("bytes").get<std::int64_t>(),
                              std::stoull(file.at("xxh64").get<std::string>(), nullptr, 16)});
  }
  return manifest;
}

}  // namespace

Manifest write_manifest(const std::string& directory, std::int64_t step, std::optional<double> validation_loss) {
  Manifest manifest;
  manifest.step = step;
  if (validation_loss && std::isfinite(*validation_loss)) manifest.validation_loss = validation_loss;
  try {
    manifest.files = seal_files(directory);
  } catch (const fs::filesystem_error& error) {
    fail("cannot read {}: {}", directory, error.code().message());
  }
  const json content = content_of(manifest);
  const json whole = {{"content", content}, {"xxh64", hexadecimal(hash64(content.dump()))}};
  write_file_atomically((fs::path(directory) / kManifestName).string(), whole.dump(1) + "\n");
  return manifest;
}

Manifest read_manifest(const std::string& directory) {
  const fs::path path = fs::path(directory) / kManifestName;
  std::error_code error;
  if (!fs::exists(path, error)) fail_damaged(path, "missing");
  try {
    const json whole = read_json_object(path.string());
    const json& content = whole.at("content");
    if (whole.at("xxh64") != hexadecimal(hash64(content.dump()))) fail_damaged(path, "checksum differs");
    return manifest_from(content);
  } catch (const Error& refusal) {
    if (std::string_view(refusal.what()).starts_with("checkpoint: ")) throw;
    fail_damaged(path, refusal.what());
  } catch (const std::exception&) {  // a field that is absent or of another type
    fail_damaged(path, "not a manifest");
  }
}

Manifest verify_manifest(const std::string& directory) {
  Manifest manifest = read_manifest(directory);
  for (const ManifestFile& file : manifest.files) {
    const fs::path path = fs::path(directory) / file.name;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) fail_damaged(path, "missing");
    const auto bytes = static_cast<std::int64_t>(fs::file_size(path, error));
    if (bytes != file.bytes) fail_damaged(path, fmt::format("has {} bytes instead of {}", bytes, file.bytes));
    if (checksum_of(path.string()) != file.checksum) fail_damaged(path, "checksum differs");
  }
  return manifest;
}

}  // namespace sequent
