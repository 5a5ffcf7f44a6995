// The golden models of tests/golden/models (see tools/golden/README.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/models/model_directory.h"
#include "sequent/models/published_pieces.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/elementwise.h"
#include "sequent/tensor/segments.h"

namespace sequent::test {

inline std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  const std::filesystem::path root = SEQUENT_SOURCE_DIR "/tests/golden/models";
  for (const auto& entry : std::filesystem::directory_iterator(root)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

struct Golden {
  explicit Golden(const std::string& name)
      : directory(std::filesystem::path(SEQUENT_SOURCE_DIR "/tests/golden/models") / name),
        expected(TensorFile::open((directory / "expected.safetensors").string())) {
    const Tensor id_tensor = expected.tensor("ids");
    ids.assign(id_tensor.data<std::int32_t>(), id_tensor.data<std::int32_t>() + id_tensor.elements());
    const Tensor offset_tensor = expected.tensor("offsets");
    const auto* offsets = offset_tensor.data<std::int64_t>();
    segments = Segments(std::vector<std::int64_t>(offsets, offsets + offset_tensor.elements()));
    // The target is the next token of the same sequence; the last token of each has none.
    targets.assign(ids.size(), -1);
    for (std::int64_t i = 0; i < segments.count(); ++i) {
      for (std::int64_t t = segments.begin(i); t + 1 < segments.end(i); ++t) {
        targets[static_cast<std::size_t>(t)] = ids[static_cast<std::size_t>(t) + 1];
      }
    }
  }

  std::filesystem::path directory;
  TensorFile expected;
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> targets;
  Segments segments;
};

/// What the golden values have for a parameter under "PREFIX" and its published name, cut out of what it is published
/// in; undefined where there is nothing.
inline Tensor expected_of(const Golden& golden, const Layout& layout, const std::string& prefix,
                          const Parameter& parameter) {
  for (const PublishedName& published : published_names(layout.names, parameter.name)) {
    if (!golden.expected.contains(prefix + published.name)) continue;
    return cut_piece(golden.expected.tensor(prefix + published.name), published, parameter.var.shape());
  }
  return {};
}

/// The loss that the golden values are of: cross-entropy, and the routers' losses where there are any.
inline Var golden_loss(const LanguageModel& model, const Golden& golden) {
  std::vector<Routing> routing;
  ForwardOptions options;
  options.routing = &routing;
  const Var hidden = model.hidden(golden.ids, golden.segments, {}, options);
  const Var entropy = projected_cross_entropy(hidden, model.projection(), golden.targets).loss;
  const Var auxiliary = routing_loss(routing, model.config().channel_mixer.mixture, golden.segments);
  return auxiliary.defined() ? add(entropy, auxiliary) : entropy;
}

/// GoogleTest wants letters and digits only.
inline std::string test_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

}  // namespace sequent::test
