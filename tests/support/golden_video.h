// The golden models of tests/golden/vjepa and vjepa2 (see tools/golden/README.md).
#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sequent/checkpoint/tensor_file.h"
#include "sequent/models/vjepa_directory.h"
#include "tests/support/values.h"

namespace sequent::test {

inline std::vector<std::string> golden_videos(const char* folder) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(SEQUENT_SOURCE_DIR "/tests/golden") / folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct GoldenVideo {
  GoldenVideo(const char* folder, const std::string& name)
      : directory(std::filesystem::path(SEQUENT_SOURCE_DIR "/tests/golden") / folder / name),
        expected(TensorFile::open((directory / "expected.safetensors").string())) {}

  Tensor tensor(const std::string& name) const { return expected.tensor(name); }
  /// All sets of context or target: pair by pair, and in each clip by clip.
  TokenSets sets(const std::string& kind) const {
    const Tensor ids = tensor(kind + "_ids"), offsets = tensor(kind + "_offsets");
    return {.ids = {ids.data<std::int32_t>(), ids.data<std::int32_t>() + ids.elements()},
            .segments = Segments({offsets.data<std::int64_t>(), offsets.data<std::int64_t>() + offsets.elements()})};
  }
  /// The same as pairs of masks, each with a set for every clip.
  std::vector<MaskPair> masks() const {
    const TokenSets context = sets("context"), target = sets("target");
    const std::int64_t clips = tensor("clips").size(0);
    std::vector<MaskPair> pairs;
    for (std::int64_t first = 0; first < context.count(); first += clips) {
      pairs.push_back({.context = some(context, first, clips), .target = some(target, first, clips)});
    }
    return pairs;
  }
  static TokenSets some(const TokenSets& sets, std::int64_t first, std::int64_t count) {
    std::vector<TokenSets> chosen;
    for (std::int64_t i = first; i < first + count; ++i) {
      chosen.push_back(
          {.ids = {sets.of(i).begin(), sets.of(i).end()}, .segments = Segments::single(sets.segments.length(i))});
    }
    return TokenSets::concat(chosen);
  }
  nlohmann::json settings() const { return nlohmann::json::parse(expected.metadata().at("settings")); }

  std::filesystem::path directory;
  TensorFile expected;
};

}  // namespace sequent::test
