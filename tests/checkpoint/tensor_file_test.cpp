#include "sequent/checkpoint/tensor_file.h"

#include <array>
#include <cstring>

#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;

class TensorFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<float, 12> numbers;
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
    directory.write("data", std::string_view(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers)));
    file = MappedFile::open(directory / "data");
  }

  // The floats 0, 1, 2, ... from `begin` to `end` as a tensor of these sizes and strides.
  TensorEntry view(std::vector<std::int64_t> sizes, std::vector<std::int64_t> strides, std::int64_t begin,
                   std::int64_t end) const {
    return {
        .name = "view",
        .dtype_name = "float32",
        .dtype = DType::f32,
        .sizes = std::move(sizes),
        .data = file->bytes().subspan(static_cast<std::size_t>(4 * begin), static_cast<std::size_t>(4 * (end - begin))),
        .strides = std::move(strides),
        .element_bytes = 4};
  }
  TensorFile open(std::vector<TensorEntry> entries) const {
    return TensorFile({.format = "made up", .file = file, .entries = std::move(entries)});
  }

  const TemporaryDirectory directory;
  std::shared_ptr<const MappedFile> file;
};

std::vector<float> values(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

TEST_F(TensorFileTest, FindsOutTheFormatFromTheContents) {
  const NamedTensor tensor = {"a", Tensor::zeros({3})};
  save_safetensors(directory / "weights.gguf", std::span(&tensor, 1));
  const TensorFile opened = TensorFile::open(directory / "weights.gguf");
  EXPECT_EQ(opened.format(), "safetensors");
  EXPECT_EQ(opened.path(), directory / "weights.gguf");
  EXPECT_EQ(opened.names(), std::vector<std::string>{"a"});
  const std::string other = directory.write("model.safetensors", "%PDF-1.7 and so on");
  EXPECT_EQ(error_of([&] { TensorFile::open(other); }),
            other + ": not a file of tensors in a known format; known are PyTorch, GGUF, safetensors");
}

TEST_F(TensorFileTest, BorrowsDenseTensorsAndGathersViews) {
  EXPECT_EQ(open({view({2, 3}, {}, 1, 7)}).tensor("view").raw(), file->data() + 4);
  EXPECT_EQ(values(open({view({3, 2}, {1, 3}, 1, 7)}).tensor("view")), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  // A slice of columns, and three axes in another order: [k][i][j] of a [2, 2, 3].
  EXPECT_EQ(values(open({view({2, 2}, {5, 1}, 2, 9)}).tensor("view")), (std::vector<float>{2, 3, 7, 8}));
  EXPECT_EQ(values(open({view({3, 2, 2}, {1, 6, 3}, 0, 12)}).tensor("view")),
            (std::vector<float>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  EXPECT_EQ(open({view({3, 0}, {1, 3}, 0, 0)}).tensor("view").shape(), Shape({3, 0}));
}

TEST_F(TensorFileTest, CountsAndReturnsTheBytesOfAnyType) {
  TensorEntry entry = view({3, 2}, {1, 3}, 1, 7);
  entry.dtype_name = "complex16";
  entry.dtype.reset();
  const TensorFile opened = open({entry});
  EXPECT_EQ(opened.bytes("view"), 24);
  EXPECT_EQ(opened.dtype_name("view"), "complex16");
  const Tensor bytes = opened.raw("view");
  EXPECT_EQ(bytes.shape(), Shape({24}));
  EXPECT_EQ(bytes.dtype(), DType::u8);
  std::array<float, 6> gathered;
  std::memcpy(gathered.data(), bytes.raw(), sizeof(gathered));
  EXPECT_EQ(gathered, (std::array<float, 6>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(error_of([&] { opened.tensor("view"); }), "made up: " + (directory / "data") +
                                                          ": tensor \"view\": cannot load complex16, only f32, f16, "
                                                          "bf16, i32, i64, u8, q8_0, q4_0, q4_k, q5_k and q6_k");
}

TEST_F(TensorFileTest, RefusesViewsThatAskForMoreMemoryThanTheyHave) {
  const TensorFile opened = open({view({1 << 20, 1 << 20}, {0, 0}, 0, 1)});
  EXPECT_EQ(opened.bytes("view"), std::int64_t{1} << 42);
  EXPECT_EQ(error_of([&] { opened.tensor("view"); }),
            "made up: " + (directory / "data") +
                ": tensor \"view\": cannot load a view that repeats elements: 1099511627776 of them lie in 4 bytes");
}

TEST_F(TensorFileTest, RefusesANameGivenTwice) {
  EXPECT_EQ(error_of([&] {
              open({view({2}, {}, 0, 2), view({3}, {}, 0, 3)});
            }),
            "made up: " + (directory / "data") + ": tensor \"view\" is given twice");
}

}  // namespace
}  // namespace sequent
