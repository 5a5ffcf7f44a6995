// A published model with the experts of each layer in one tensor, as newer programs write them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/checkpoint/tensor_file.h"
#include "sequent/models/model_directory.h"
#include "sequent/models/published_pieces.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/values.h"

namespace sequent::test {

/// What the projections of an expert are called where each is a tensor.
struct ExpertNames {
  std::string gate, up, down;
};

/// The golden model of this name, its experts merged and all else under its newer name, is read as the same model.
inline void expect_reads_merged_experts(const std::string& model, const ExpertNames& names,
                                        const std::function<std::string(const std::string&)>& renamed) {
  const Golden golden(model);
  const TensorFile file = TensorFile::open((golden.directory / "model.safetensors").string());
  const LoadedModel expected = load_model(golden.directory);
  const std::int64_t experts = expected.model->config().channel_mixer.mixture.experts;
  std::vector<NamedTensor> tensors;
  std::vector<PublishedPiece> pieces;
  for (const std::string& name : file.names()) {
    const std::size_t at = name.find(".experts.");
    if (at == std::string::npos) {
      tensors.push_back({renamed(name), file.tensor(name)});
      continue;
    }
    const std::string layer = renamed(name.substr(0, at + 8));
    const std::int64_t expert = name[at + 9] - '0';
    const auto stack = [&](const char* merged, std::int64_t part, std::int64_t parts) {
      PublishedName published = {layer + merged, NameRule::Layout::stacked, part, parts, expert};
      pieces.push_back({std::move(published), file.tensor(name)});
    };
    if (name.ends_with("." + names.gate + ".weight")) stack(".gate_up_proj", 0, 2);
    if (name.ends_with("." + names.up + ".weight")) stack(".gate_up_proj", 1, 2);
    if (name.ends_with("." + names.down + ".weight")) stack(".down_proj", 0, 1);
  }
  ASSERT_FALSE(pieces.empty());
  for (NamedTensor& merged : join_pieces(std::move(pieces))) {
    EXPECT_EQ(merged.tensor.size(0), experts);
    tensors.push_back(std::move(merged));
  }
  const TemporaryDirectory directory;
  std::filesystem::copy_file(golden.directory / "config.json", directory / "config.json");
  save_safetensors(directory / "model.safetensors", tensors);
  const LoadedModel merged = load_model(directory.path());
  ASSERT_EQ(merged.model->parameters().all().size(), expected.model->parameters().all().size());
  for (std::size_t i = 0; i < merged.model->parameters().all().size(); ++i) {
    EXPECT_EQ(to_doubles(merged.model->parameters().all()[i].var.value()),
              to_doubles(expected.model->parameters().all()[i].var.value()));
  }
}

}  // namespace sequent::test
