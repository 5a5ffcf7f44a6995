// How models stand on disk. A layout is a table: how a config.json becomes a configuration and back, and how the
// tensors are called.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sequent/models/config.h"

namespace sequent {

/// One tensor under two names. "{}" stands for the layer, and at the end for whatever follows.
struct NameRule {
  enum class Layout : std::uint8_t {
    same,
    depthwise,   // ours [channels, taps], published [channels, 1, taps]
    transposed,  // matrices are published as [inputs, outputs]; vectors are the same
    stacked,     // ours is one of the entries along a further first axis: that of the number at its last "{}"
    numbered,    // ours [count, ...], published a tensor of one row each: the name with ".0", ".1", ... behind it
  };
  std::string_view ours;
  std::string_view published;
  Layout layout = Layout::same;
  /// Ours is this one of so many equal parts, one after the other along the outputs.
  std::uint8_t part = 0;
  std::uint8_t parts = 1;
};

struct Layout {
  std::string_view model_type;  // in config.json, or what we call it where the program that writes it has no such key
  /// What cannot be computed is an Error that names the key and its value.
  LanguageModelConfig (*read)(const nlohmann::json& config);
  nlohmann::json (*write)(const LanguageModelConfig&);
  /// Where two rules have the same name of ours, either published name is read and the first is written.
  std::span<const NameRule> names;
  /// Tensors that follow from the configuration, '*' for any run of characters: they may be there, and are not read.
  std::span<const std::string_view> derived = {};
  /// Of layouts without model_type: whether a config.json is one of theirs, by its keys. Otherwise null.
  bool (*recognizes)(const nlohmann::json& config) = nullptr;
  /// Whether its program asks for the output projection also where it is the embedding.
  bool repeats_tied = false;
  /// Whether its program reads weights from pytorch_model.bin alone.
  bool as_pytorch = false;
};

extern const Layout kLlama;
extern const Layout kMistral;
extern const Layout kQwen2;
extern const Layout kGpt2;
extern const Layout kMamba;
extern const Layout kFalconMamba;
extern const Layout kMamba2;
extern const Layout kMambaStateSpaces;   // as first published
extern const Layout kMamba2StateSpaces;  // as first published
extern const Layout kMixtral;
extern const Layout kJamba;
extern const Layout kRetNet;            // flash-linear-attention's
extern const Layout kTorchscaleRetNet;  // as first published
extern const Layout kSequent;           // our own, which holds every model

/// All layouts, our own last. To add one: its file, and a line here.
std::span<const Layout* const> layouts();
/// By the "model_type" of a config.json; an unknown one is an Error that lists the known ones.
const Layout& layout_of_model_type(std::string_view model_type);
/// Of a config.json: by its keys where a layout has no model_type, else by that.
const Layout& layout_of_config(const nlohmann::json& config);

/// Whether reading what the layout writes gives the same function again.
bool holds(const Layout& layout, const LanguageModelConfig& config);

/// The layout that a model is saved in: the first that holds its configuration. A layout holds a configuration if
/// reading what it writes gives the same function again, so that nothing is lost in a published one.
const Layout& layout_for(const LanguageModelConfig& config);

}  // namespace sequent
