// The published families of encoder-decoders: how their config.json becomes a configuration, how their tensors are
// called, and what shape a model of a given size has.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sequent/models/dimensions.h"
#include "sequent/models/encoder_decoder_config.h"
#include "sequent/models/layout.h"

namespace sequent {

struct EncoderDecoderFamily {
  std::string_view name;        // of --arch
  std::string_view model_type;  // in config.json
  std::string_view help;
  /// `layers` counts the blocks of each of the two stacks.
  EncoderDecoderConfig (*preset)(const Dimensions&);
  EncoderDecoderConfig (*read)(const nlohmann::json& config);
  nlohmann::json (*write)(const EncoderDecoderConfig&);
  /// The tensors' names; which there are depends on the kind of feed-forward.
  std::span<const NameRule> (*names)(const EncoderDecoderConfig&);
};

extern const EncoderDecoderFamily kT5;
extern const EncoderDecoderFamily kSwitchTransformers;

/// All families. To add one: its file, and a line here.
std::span<const EncoderDecoderFamily* const> encoder_decoder_families();
/// By the name of --arch, or by the "model_type" of a config.json; null if there is none.
const EncoderDecoderFamily* find_encoder_decoder_family(std::string_view name);
const EncoderDecoderFamily* find_encoder_decoder_family_of(std::string_view model_type);

/// The configuration of a new model, at the sizes asked for or near the number of parameters asked for.
EncoderDecoderConfig new_encoder_decoder_config(const EncoderDecoderFamily& family, const Dimensions& dimensions);

}  // namespace sequent
