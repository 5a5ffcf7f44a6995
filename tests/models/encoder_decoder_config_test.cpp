#include "sequent/models/encoder_decoder_config.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"

namespace sequent {
namespace {

TEST(EncoderDecoderConfig, WhatCannotBeIsRefused) {
  const auto message = [](const std::function<void(EncoderDecoderConfig&)>& change) -> std::string {
    EncoderDecoderConfig config = kT5.preset({.vocabulary = 300, .end_of_text = 256});
    change(config);
    try {
      validate(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message([](auto&) {}), "accepted");
  EXPECT_EQ(message([](auto& c) { c.vocabulary = 0; }), "model: vocabulary must be positive, got 0");
  EXPECT_EQ(message([](auto& c) { c.decoder.clear(); }), "model: the number of decoder layers must be positive, got 0");
  EXPECT_EQ(message([](auto& c) { c.attention.key_value_heads = 1; }),
            "model: an encoder-decoder has as many key-value heads as heads, got 1 and 4");
  EXPECT_EQ(message([](auto& c) { c.start_token = 300; }),
            "model: the start token must be inside the vocabulary of 300, got 300");
  EXPECT_NE(message([](auto& c) { c.encoder[0] = "sponge"; }).find("sponge"), std::string::npos);
  EXPECT_NE(message([](auto& c) { c.positions.buckets = 3; }).find("buckets"), std::string::npos);
}

}  // namespace
}  // namespace sequent
