// How V-JEPA models stand on disk: tables of keys and names, as in models/layout.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sequent/models/layout.h"
#include "sequent/models/video_probe.h"
#include "sequent/models/vjepa_config.h"

namespace sequent {

struct VJepaLayout {
  std::string_view model_type;  // in config.json
  VJepaConfig (*read)(const nlohmann::json& config);
  nlohmann::json (*write)(const VJepaConfig&);
  std::span<const NameRule> names;
  /// Tensors that are there in some files and not read.
  std::span<const std::string_view> derived;
  /// There is one encoder, which is the target encoder.
  bool one_encoder;
  /// What stands before the names of a model that is part of a classifier.
  std::string_view prefix_in_classifier;
  /// Tensors of the classifier.
  std::span<const NameRule> probe_names;
};

/// Our own directories: config.json with every field, and the tensors under the names of the files published with
/// V-JEPA, "encoder.module.backbone.blocks.0.attn.qkv.weight".
extern const VJepaLayout kVJepa;
/// V-JEPA 2 as VJEPA2Model and VJEPA2ForVideoClassification of transformers.
extern const VJepaLayout kVJepa2;

/// All layouts.
std::span<const VJepaLayout* const> vjepa_layouts();
/// By the "model_type" of a config.json; null if there is none.
const VJepaLayout* find_vjepa_layout(std::string_view model_type);

/// The classifier that a config.json of transformers describes.
VideoProbeConfig read_vjepa2_probe(const nlohmann::json& config);
/// The config.json of such a classifier on this model; what the layout does not hold is an Error.
nlohmann::json write_vjepa2_classifier(const VJepaConfig& config, const VideoProbeConfig& probe);

}  // namespace sequent
