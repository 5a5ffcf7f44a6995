#include "sequent/models/encoder_decoder_family.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder.h"

namespace sequent {
namespace {

TEST(EncoderDecoderFamilies, AreFoundByBothNames) {
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) {
    EXPECT_EQ(find_encoder_decoder_family(family->name), family);
    EXPECT_EQ(find_encoder_decoder_family_of(family->model_type), family);
  }
  EXPECT_EQ(find_encoder_decoder_family("mamba"), nullptr);
  EXPECT_EQ(find_encoder_decoder_family_of("llama"), nullptr);
}

TEST(EncoderDecoderFamilies, WhatIsWrittenIsReadBack) {
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) {
    const EncoderDecoderConfig config = new_encoder_decoder_config(
        *family, {.layers = 5, .width = 48, .vocabulary = 357, .context = 100, .end_of_text = 256});
    const nlohmann::json written = family->write(config);
    EXPECT_EQ(family->write(family->read(written)), written) << family->name;
    EXPECT_EQ(count_parameters(family->read(written)), count_parameters(config));
  }
}

TEST(EncoderDecoderFamilies, ANumberOfParametersIsCloselyMet) {
  for (const EncoderDecoderFamily* family : encoder_decoder_families()) {
    for (const std::int64_t wanted : {1'000'000, 20'000'000}) {
      const EncoderDecoderConfig config =
          new_encoder_decoder_config(*family, {.parameters = wanted, .vocabulary = 357, .end_of_text = 256});
      EXPECT_LT(std::abs(std::log(static_cast<double>(count_parameters(config)) / static_cast<double>(wanted))), 0.2)
          << family->name;
    }
  }
}

TEST(EncoderDecoderFamilies, NeedAnEndOfText) {
  EXPECT_THROW(new_encoder_decoder_config(kT5, {.vocabulary = 300}), Error);
  EXPECT_THROW(new_encoder_decoder_config(kT5, {.end_of_text = 2}), Error);
}

}  // namespace
}  // namespace sequent
