// Encoder-decoders on disk, in the Hugging Face layout of their family; the siblings of models/model_directory.h.
#pragma once

#include <filesystem>
#include <memory>

#include "sequent/models/encoder_decoder.h"
#include "sequent/models/encoder_decoder_family.h"

namespace sequent {

/// Whether the model in this directory is an encoder-decoder, by the model_type of its config.json.
bool holds_encoder_decoder(const std::filesystem::path& directory);

struct LoadedEncoderDecoder {
  const EncoderDecoderFamily* family;
  std::unique_ptr<EncoderDecoder> model;
};

struct EncoderDecoderDescription {
  const EncoderDecoderFamily* family;
  EncoderDecoderConfig config;
};
EncoderDecoderDescription read_encoder_decoder_description(const std::filesystem::path& directory);

/// As load_model().
LoadedEncoderDecoder load_encoder_decoder(const std::filesystem::path& directory);

/// As save_model().
void save_encoder_decoder(const std::filesystem::path& directory, const EncoderDecoderFamily& family,
                          const EncoderDecoder& model);

}  // namespace sequent
