#include "sequent/checkpoint/safetensors.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using test::TemporaryDirectory;

std::string golden(const std::string& name) {
  return SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/" + name;
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.elements()};
}

template <class T>
Tensor make(const std::vector<T>& elements, const Shape& shape) {
  return Tensor::from(std::span<const T>(elements), shape);
}

/// The tensors of loadable.safetensors, as its generator has them, in another order.
std::vector<NamedTensor> golden_tensors() {
  const Tensor half = Tensor::empty({6}, DType::f16);
  const std::uint16_t patterns[] = {0x3C00, 0xB800, 0x7BFF, 0x0001, 0x7C00, 0x8000};
  std::memcpy(half.mutable_raw(), patterns, sizeof(patterns));
  return {{"bytes", make<std::uint8_t>({0, 127, 255}, {3})},
          {"half", half},
          {"d\xc3\xa4ta/\xce\xbb", make<float>({1.0f}, {1})},
          {"scalar", make<float>({2.5f}, {})},
          {"positions", make<std::int64_t>({-(std::int64_t{1} << 62), 7}, {2, 1})},
          {"empty", Tensor::empty({0, 4})},
          {"tokens", make<std::int32_t>({-1, 0, 2147483647}, {3})},
          {"a.weight", make<float>({0.0f, 1.5f, -2.25f, 3.0f, 1e-30f, -1e30f}, {2, 3})}};
}

TEST(Safetensors, ReadsWhatTheFormatsOwnLibraryWrites) {
  const TensorFile file = TensorFile::open(golden("loadable.safetensors"));
  EXPECT_EQ(file.names().size(), 8u);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  for (const NamedTensor& expected : golden_tensors()) {
    SCOPED_TRACE(expected.name);
    EXPECT_TRUE(file.contains(expected.name));
    EXPECT_EQ(file.shape(expected.name), expected.tensor.shape());
    EXPECT_EQ(file.bytes(expected.name), expected.tensor.bytes());
    const Tensor tensor = file.tensor(expected.name);
    ASSERT_EQ(tensor.dtype(), expected.tensor.dtype());
    EXPECT_EQ(tensor.shape(), expected.tensor.shape());
    const auto count = static_cast<std::size_t>(tensor.bytes());
    // memcmp must not be given the null pointers of a tensor without elements.
    EXPECT_TRUE(count == 0 || std::memcmp(tensor.raw(), expected.tensor.raw(), count) == 0);
  }
}

TEST(Safetensors, WritesTheBytesOfTheFormatsOwnLibrary) {
  const TemporaryDirectory directory;
  save_safetensors(directory / "a.safetensors", golden_tensors());
  EXPECT_EQ(read_text(directory / "a.safetensors"), read_text(golden("loadable.safetensors")));
}

TEST(Safetensors, ReadsTheBytesInPlaceAndOutlivesTheFileObject) {
  const TemporaryDirectory directory;
  Tensor a, again;
  {
    save_safetensors(directory / "a", golden_tensors());
    const TensorFile file = TensorFile::open(directory / "a");
    a = file.tensor("a.weight");
    again = file.tensor("a.weight");
    std::filesystem::remove(directory / "a");
  }
  EXPECT_EQ(a.raw(), again.raw());
  EXPECT_EQ(a.floats()[2], -2.25f);
  EXPECT_EQ(error_of([&] { a.mutable_floats(); }), "tensor: this memory is read-only");
}

TEST(Safetensors, CopiesDataThatAreNotAligned) {
  const TensorFile file = TensorFile::open(golden("unaligned.safetensors"));
  EXPECT_EQ(file.names(), (std::vector<std::string>{"first", "second"}));
  const Tensor second = file.tensor("second");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second.raw()) % 4, 0u);
  EXPECT_EQ(values<float>(second), (std::vector<float>{1.25f, -7.0f}));
  EXPECT_EQ(values<std::uint8_t>(file.tensor("first")), (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(Safetensors, RefusesOtherTypesOnlyWhenTheyAreAskedFor) {
  const std::string path = golden("other_types.safetensors");
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(values<float>(file.tensor("ok")), std::vector<float>{4.0f});
  EXPECT_EQ(file.dtype_name("flags"), "BOOL");
  EXPECT_EQ(
      error_of([&] { file.tensor("double"); }),
      "safetensors: " + path +
          ": tensor \"double\": cannot load F64, only f32, f16, bf16, i32, i64, u8, q8_0, q4_0, q4_k, q5_k and q6_k");
}

TEST(Safetensors, NamesAMissingTensorAndItsFile) {
  const std::string path = golden("loadable.safetensors");
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(error_of([&] { file.tensor("b"); }), "missing tensor \"b\" in " + path);
  EXPECT_EQ(error_of([&] { file.shape("b"); }), "missing tensor \"b\" in " + path);
}

TEST(Safetensors, RefusesMoreAxesThanATensorHasWhenAsked) {
  const TemporaryDirectory directory;
  const std::string header = R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[0,1]}})";
  const std::uint64_t length = header.size();
  write_file_atomically(directory / "a", [&](FileWriter& writer) {
    writer.write(&length, 8);
    writer.write(header + "x");
  });
  const TensorFile file = TensorFile::open(directory / "a");
  EXPECT_EQ(error_of([&] { file.tensor("a"); }),
            "safetensors: " + (directory / "a") + ": tensor \"a\": shape: at most 6 axes, got 7");
}

// Bytes of this process that are in memory, those of mapped files included.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Two gigabytes, of which the disk holds nothing but the header.
TEST(Safetensors, MemoryGrowsOnlyWithWhatIsRead) {
  constexpr std::int64_t kTensors = 32, kBytes = 64 << 20;
  std::string header = "{";
  for (std::int64_t i = 0; i < kTensors; ++i) {
    header += fmt::format(R"({}"w{}":{{"dtype":"F32","shape":[4096,4096],"data_offsets":[{},{}]}})", i == 0 ? "" : ",",
                          i, i * kBytes, (i + 1) * kBytes);
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const TemporaryDirectory directory;
  const std::uint64_t length = header.size();
  const std::string path =
      directory.write("large", std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + header);
  std::filesystem::resize_file(path, sizeof(length) + header.size() + kTensors * kBytes);

  const std::int64_t before = resident_bytes();
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(file.names().size(), static_cast<std::size_t>(kTensors));
  std::vector<Tensor> tensors;
  for (const std::string& name : file.names()) tensors.push_back(file.tensor(name));
  EXPECT_LT(resident_bytes() - before, 4 << 20);
  float sum = 0;
  for (std::int64_t i = 0; i < tensors[7].elements(); i += 1024) sum += tensors[7].floats()[i];
  EXPECT_EQ(sum, 0.0f);
  EXPECT_GE(resident_bytes() - before, kBytes - (4 << 20));
  EXPECT_LT(resident_bytes() - before, kBytes + (8 << 20));
}

TEST(SaveSafetensors, DoesNotDependOnTheOrderGiven) {
  const TemporaryDirectory directory;
  std::vector<NamedTensor> tensors = golden_tensors();
  save_safetensors(directory / "a", tensors, {{"x", "1"}, {"format", "np"}});
  std::reverse(tensors.begin(), tensors.end());
  save_safetensors(directory / "b", tensors, {{"format", "np"}, {"x", "1"}});
  EXPECT_EQ(read_text(directory / "a"), read_text(directory / "b"));
  EXPECT_EQ(TensorFile::open(directory / "a").metadata().at("format"), "np");
}

TEST(SaveSafetensors, WritesAFileOfNoTensors) {
  const TemporaryDirectory directory;
  save_safetensors(directory / "a", {});
  EXPECT_TRUE(TensorFile::open(directory / "a").names().empty());
}

TEST(SaveSafetensors, KeepsOddNamesAndMetadata) {
  const TemporaryDirectory directory;
  const std::string odd = "quote\" backslash\\ newline\n nul\0 end";
  const NamedTensor tensor = {odd, make<float>({1.0f}, {1})};
  save_safetensors(directory / "a", std::span(&tensor, 1), {{odd, odd}});
  const TensorFile file = TensorFile::open(directory / "a");
  EXPECT_EQ(file.names(), std::vector<std::string>{odd});
  EXPECT_EQ(file.metadata().at(odd), odd);
}

TEST(SaveSafetensors, RefusesNamesByName) {
  const TemporaryDirectory directory;
  const Tensor one = make<float>({1.0f}, {1});
  const std::string path = directory / "a";
  const auto error_for = [&](const std::vector<NamedTensor>& tensors) {
    return error_of([&] { save_safetensors(path, tensors); });
  };
  EXPECT_EQ(error_for({{"a", one}, {"a", make<std::uint8_t>({1}, {1})}}),
            "safetensors: " + path + ": tensor \"a\" is given twice");
  EXPECT_EQ(error_for({{"__metadata__", one}}), "safetensors: " + path + ": the name __metadata__ is reserved");
  EXPECT_EQ(error_for({{"a\xff", one}}), "safetensors: " + path + ": the name \"a\xff\" is not UTF-8");
  EXPECT_EQ(error_for({{"a", Tensor()}}), "safetensors: " + path + ": tensor \"a\" has no value");
  EXPECT_TRUE(directory.names().empty());
}

TEST(SaveSafetensors, LeavesTheOldFileWhenTheDiskIsFull) {
  const TemporaryDirectory directory;
  const std::string path = directory / "a";
  save_safetensors(path, golden_tensors());
  const std::string before = read_text(path);
  const NamedTensor large = {"large", Tensor::zeros({100000})};
  {
    const test::FileSizeLimit limit(10000);
    EXPECT_EQ(error_of([&] { save_safetensors(path, std::span(&large, 1)); }),
              "cannot write " + path + ": File too large");
  }
  EXPECT_EQ(read_text(path), before);
  EXPECT_EQ(directory.names(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace sequent
