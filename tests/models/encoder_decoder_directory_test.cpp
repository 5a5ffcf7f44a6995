#include "sequent/models/encoder_decoder_directory.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/models/model_directory.h"
#include "tests/support/files.h"
#include "tests/support/golden_encoder_decoder.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(EncoderDecoderDirectory, WhatIsSavedIsTheSameModel) {
  for (const std::string& name : test::golden_encoder_decoders()) {
    const test::GoldenEncoderDecoder golden(name);
    const LoadedEncoderDecoder loaded = load_encoder_decoder(golden.directory);
    const test::TemporaryDirectory directory;
    save_encoder_decoder(directory.path(), *loaded.family, *loaded.model);
    ASSERT_TRUE(holds_encoder_decoder(directory.path()));
    const LoadedEncoderDecoder again = load_encoder_decoder(directory.path());
    EXPECT_EQ(again.family, loaded.family);
    const auto output = [&](const EncoderDecoder& model) {
      const Var encoded = model.encode(golden.encoder_ids, golden.encoder_segments);
      return test::to_doubles(
          model.decode(golden.decoder_ids, golden.decoder_segments, encoded, golden.encoder_segments).value());
    };
    EXPECT_EQ(output(*again.model), output(*loaded.model)) << name;
  }
}

TEST(EncoderDecoderDirectory, TheTwoKindsOfModelsAreToldApart) {
  const std::filesystem::path models = SEQUENT_SOURCE_DIR "/tests/golden/models";
  EXPECT_FALSE(holds_encoder_decoder(models / "llama-plain"));
  EXPECT_THROW(load_encoder_decoder(models / "llama-plain"), Error);
  try {
    load_model(test::kGoldenEncoderDecoders / "t5-plain");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("holds an encoder-decoder (t5), not a language model"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace sequent
