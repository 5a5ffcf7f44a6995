// Small fresh encoder-decoders with their tokenizer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sequent/models/encoder_decoder_directory.h"
#include "sequent/text/sentinels.h"

namespace sequent::test {

inline LoadedEncoderDecoder small_encoder_decoder(const std::string& family_name, std::uint64_t seed = 1) {
  const EncoderDecoderFamily* family = find_encoder_decoder_family(family_name);
  const auto source = fresh_parameters(seed);
  const EncoderDecoderConfig config = new_encoder_decoder_config(
      *family, {.layers = 2, .width = 32, .vocabulary = 357, .context = 64, .end_of_text = 256});
  return {family, std::make_unique<EncoderDecoder>(config, *source)};
}

inline void write_small_encoder_decoder(const std::filesystem::path& directory, const std::string& family_name) {
  const LoadedEncoderDecoder loaded = small_encoder_decoder(family_name);
  std::filesystem::create_directories(directory);
  save_encoder_decoder(directory, *loaded.family, *loaded.model);
  with_sentinels(Tokenizer::bytes()).save(directory);
}

}  // namespace sequent::test
