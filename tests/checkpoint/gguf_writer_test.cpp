#include "sequent/checkpoint/gguf_writer.h"

#include <gtest/gtest.h>

#include "sequent/checkpoint/gguf.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(GgufWriter, WritesWhatTheReaderReads) {
  test::TemporaryDirectory directory;
  const std::string path = directory / "file.gguf";
  const Tensor a = test::to_tensor(test::random_values(6, "a"), {2, 3});
  const Tensor b = Tensor::zeros({3, 64}, DType::q8_0);
  const std::vector<GgufTensor> tensors = {{"a", a.shape(), a.dtype()}, {"b", b.shape(), b.dtype()}};
  const GgufValues values = {{"u32", std::uint32_t{7}},
                             {"i32", std::int32_t{-7}},
                             {"f32", 0.5f},
                             {"true", true},
                             {"text", std::string("words")},
                             {"bytes", std::vector<std::uint8_t>{1, 2}},
                             {"integers", std::vector<std::int32_t>{-1, 2}},
                             {"numbers", std::vector<float>{0.25f}},
                             {"texts", std::vector<std::string>{"a", "", "c"}}};
  save_gguf(path, values, tensors, [&](std::size_t i) { return i == 0 ? a : b; });

  const GgufMetadata read = read_gguf_metadata(path);
  EXPECT_EQ(read.integer("u32"), 7);
  EXPECT_EQ(read.integer("i32"), -7);
  EXPECT_EQ(read.number("f32"), 0.5);
  EXPECT_TRUE(read.boolean("true"));
  EXPECT_EQ(read.text("text"), "words");
  EXPECT_EQ(read.integers("bytes"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(read.integers("integers"), (std::vector<std::int64_t>{-1, 2}));
  EXPECT_EQ(read.numbers("numbers"), (std::vector<double>{0.25}));
  EXPECT_EQ(read.texts("texts"), (std::vector<std::string_view>{"a", "", "c"}));
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(test::to_doubles(file.tensor("a")), test::to_doubles(a));
  EXPECT_EQ(file.shape("a"), a.shape());
  EXPECT_EQ(file.tensor("b").dtype(), DType::q8_0);
  EXPECT_EQ(file.shape("b"), b.shape());
}

TEST(GgufWriter, ReplacesAtOnceOrNotAtAll) {
  test::TemporaryDirectory directory;
  const std::string path = directory.write("file.gguf", "before");
  const std::vector<GgufTensor> tensors = {{"a", {1 << 16}, DType::f32}};
  {
    const test::FileSizeLimit limit(1 << 12);
    EXPECT_THROW(save_gguf(path, {}, tensors, [&](std::size_t) { return Tensor::zeros({1 << 16}); }), Error);
  }
  EXPECT_EQ(directory.names(), (std::vector<std::string>{"file.gguf"}));
  EXPECT_EQ(std::filesystem::file_size(path), 6u);
}

TEST(GgufWriter, RefusesWhatTheFormatCannotHold) {
  test::TemporaryDirectory directory;
  const std::string path = directory / "file.gguf";
  const auto save = [&](std::vector<GgufTensor> tensors) {
    return test::error_of([&] { save_gguf(path, {}, tensors, [](std::size_t) { return Tensor::zeros({2}); }); });
  };
  const std::string place = "GGUF: " + path + ": ";
  EXPECT_EQ(save({{"a", {2}, DType::f32}, {"a", {2}, DType::f32}}), place + "tensor \"a\" is given twice");
  EXPECT_EQ(save({{std::string(64, 'n'), {2}, DType::f32}}),
            place + "the name \"" + std::string(64, 'n') + "\" has more than 63 bytes");
  EXPECT_EQ(save({{"a", {1, 1, 1, 1, 2}, DType::f32}}),
            place + "tensor a must have from 1 to 4 axes, got [1, 1, 1, 1, 2]");
  EXPECT_EQ(save({{"a", {3}, DType::f32}}), place + "tensor a must be f32 [3], got f32 [2]");
  EXPECT_TRUE(directory.names().empty());
}

}  // namespace
}  // namespace sequent
