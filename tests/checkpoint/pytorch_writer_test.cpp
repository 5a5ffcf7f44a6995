#include "sequent/checkpoint/pytorch_writer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sequent/base/files.h"
#include "sequent/checkpoint/tensor_file.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// tools/golden/check_saved.py opens what is written here with torch.load.
TEST(PyTorchWriter, WritesWhatTheReaderReads) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "model.bin";
  const std::int64_t ids[] = {3, -1};
  const std::uint8_t bytes[] = {1, 255};
  const std::vector<NamedTensor> tensors = {{"weight", test::to_tensor(test::random_values(24, "w"), {2, 3, 4})},
                                            {"scalar", test::to_tensor({2.5}, {})},
                                            {"nothing", Tensor::empty({0, 4})},
                                            {"ids", Tensor::from(std::span<const std::int64_t>(ids), {2})},
                                            {"bytes", Tensor::from(std::span<const std::uint8_t>(bytes), {2, 1})},
                                            {"half", Tensor::empty({3}, DType::f16)},
                                            {"brain", Tensor::empty({1, 5}, DType::bf16)}};
  for (const char* name : {"half", "brain"}) {
    for (const NamedTensor& each : tensors) {
      if (each.name == name) each.tensor.fill_zero();
    }
  }
  save_pytorch(path, tensors);
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(file.names().size(), tensors.size());
  for (const NamedTensor& each : tensors) {
    SCOPED_TRACE(each.name);
    const Tensor read = file.tensor(each.name);
    EXPECT_EQ(read.dtype(), each.tensor.dtype());
    EXPECT_EQ(read.shape(), each.tensor.shape());
    EXPECT_TRUE(std::equal(read.raw(), read.raw() + read.bytes(), each.tensor.raw()));
  }
}

TEST(PyTorchWriter, GroupsAreDictionaries) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "model.pth.tar";
  const std::vector<NamedTensor> one = {{"norm.weight", Tensor::full({2}, 1.0f)}};
  const std::vector<NamedTensor> two = {{"norm.weight", Tensor::full({3}, 2.0f)}};
  const PyTorchGroup groups[] = {{"encoder", one}, {"predictor", two}};
  save_pytorch(path, groups);
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(file.tensor("encoder.norm.weight").shape(), Shape({2}));
  EXPECT_EQ(file.tensor("predictor.norm.weight").shape(), Shape({3}));
}

TEST(PyTorchWriter, RefusesWhatTheFormatHasNot) {
  const test::TemporaryDirectory directory;
  const auto error = [&](std::vector<NamedTensor> tensors) {
    return test::error_of([&] { save_pytorch(directory / "model.bin", tensors); });
  };
  const Tensor value = Tensor::full({2}, 1.0f);
  EXPECT_EQ(error({{"a", value}, {"a", value}}), "PyTorch: a is given twice");
  EXPECT_EQ(error({{"a", Tensor()}}), "PyTorch: tensor a has no value");
  EXPECT_EQ(error({{"a", Tensor::empty({32}, DType::q8_0)}}), "PyTorch: tensor a is of type q8_0, which that has not");
  EXPECT_FALSE(std::filesystem::exists(directory / "model.bin"));
}

}  // namespace
}  // namespace sequent
