#include "sequent/cli/tensor_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using nlohmann::json;

TEST(TensorTable, ListsTypesShapesAndSizesOfAllFiles) {
  const test::TemporaryDirectory directory;
  const std::vector<NamedTensor> tensors = {{"b", Tensor::zeros({2, 3})}, {"a", Tensor::zeros({5}, DType::bf16)}};
  save_safetensors(directory / "model.safetensors", tensors, {{"made", "by hand"}});
  const WeightSource weights = WeightSource::open(directory.path());
  EXPECT_EQ(tensor_table(weights), (json{{{"name", "a"}, {"dtype", "bf16"}, {"shape", {5}}, {"bytes", 10}},
                                         {{"name", "b"}, {"dtype", "f32"}, {"shape", {2, 3}}, {"bytes", 24}}}));
  EXPECT_EQ(facts_of_files(weights), (json{{"format", "safetensors"},
                                           {"files", {directory / "model.safetensors"}},
                                           {"bytes", 34},
                                           {"metadata", {{"format", "pt"}, {"made", "by hand"}}}}));
}

TEST(TensorTable, PrintsForPeople) {
  const std::string path = SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/other_types.safetensors";
  const WeightSource weights = WeightSource::open(path);
  testing::internal::CaptureStdout();
  print_files(facts_of_files(weights), tensor_table(weights), true);
  const std::string text = testing::internal::GetCapturedStdout();
  for (const char* words : {"1 of safetensors", "1 BOOL (2 B)", "1 F64 (8 B)", "1 f32 (4 B)", "double"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
}

}  // namespace
}  // namespace sequent
