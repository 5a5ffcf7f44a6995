// The golden encoder-decoders of tests/golden/encoder_decoders (see tools/golden/README.md).
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/models/encoder_decoder_directory.h"
#include "sequent/tensor/segments.h"

namespace sequent::test {

inline const std::filesystem::path kGoldenEncoderDecoders = SEQUENT_SOURCE_DIR "/tests/golden/encoder_decoders";

inline std::vector<std::string> golden_encoder_decoders() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldenEncoderDecoders)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct GoldenEncoderDecoder {
  explicit GoldenEncoderDecoder(const std::string& name)
      : directory(kGoldenEncoderDecoders / name),
        expected(TensorFile::open((directory / "expected.safetensors").string())),
        encoder_ids(ids_of("ids")),
        decoder_ids(ids_of("decoder_ids")),
        labels(ids_of("labels")),
        encoder_segments(segments_of("offsets")),
        decoder_segments(segments_of("decoder_offsets")) {}

  std::vector<std::int32_t> ids_of(const char* name) const {
    const Tensor ids = expected.tensor(name);
    return {ids.data<std::int32_t>(), ids.data<std::int32_t>() + ids.elements()};
  }
  Segments segments_of(const char* name) const {
    const Tensor offsets = expected.tensor(name);
    const auto* begin = offsets.data<std::int64_t>();
    return Segments(std::vector<std::int64_t>(begin, begin + offsets.elements()));
  }

  std::filesystem::path directory;
  TensorFile expected;
  std::vector<std::int32_t> encoder_ids;
  std::vector<std::int32_t> decoder_ids;
  std::vector<std::int32_t> labels;
  Segments encoder_segments;
  Segments decoder_segments;
};

}  // namespace sequent::test
