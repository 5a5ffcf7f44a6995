#include "sequent/checkpoint/gguf.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sequent/checkpoint/weights.h"
#include "tests/support/files.h"
#include "tests/support/gguf_bytes.h"

namespace sequent {
namespace {

using test::GgufBytes;

const std::string kGolden = SEQUENT_SOURCE_DIR "/tests/golden/gguf/mamba-plain.gguf";

// What stands behind "GGUF: PATH: " in the Error that opening these bytes gives.
std::string refusal(const GgufBytes& file) {
  test::TemporaryDirectory directory;
  const std::string path = directory.write("file.gguf", file.bytes());
  const std::string error = test::error_of([&] { TensorFile::open(path); });
  const std::string place = "GGUF: " + path + ": ";
  EXPECT_TRUE(error.starts_with(place)) << error;
  return error.substr(std::min(place.size(), error.size()));
}

TEST(Gguf, OpensWhatThePythonPackageWrites) {
  const TensorFile file = TensorFile::open(kGolden);
  EXPECT_EQ(file.format(), "GGUF");
  EXPECT_EQ(file.shape("token_embd.weight"), (Shape{41, 24}));
  EXPECT_EQ(file.dtype_name("blk.0.ssm_a"), "F32");
  EXPECT_EQ(file.shape("blk.0.ssm_conv1d.weight"), (Shape{48, 4}));
  EXPECT_EQ(file.metadata().at("general.architecture"), "mamba");
  EXPECT_EQ(file.metadata().at("mamba.block_count"), "2");
  EXPECT_EQ(file.metadata().at("mamba.ssm.dt_b_c_rms"), "false");
  // In place: the same memory each time.
  EXPECT_EQ(file.tensor("output_norm.weight").raw(), file.tensor("output_norm.weight").raw());
}

TEST(Gguf, GivesValuesByType) {
  test::TemporaryDirectory directory;
  GgufBytes file(0, 7);
  file.u32("u32", 7);
  file.text("i8").number(std::uint32_t{1}).number(std::int8_t{-3});
  file.text("f32").number(std::uint32_t{6}).number(2.5f);
  file.text("true").number(std::uint32_t{7}).number(std::uint8_t{1});
  file.text("text").number(std::uint32_t{8}).text("words");
  file.text("u64").number(std::uint32_t{10}).number(~std::uint64_t{0});
  file.text("array").number(std::uint32_t{9}).number(std::uint32_t{8}).number(std::uint64_t{2}).text("a").text("");
  const GgufMetadata values = read_gguf_metadata(directory.write("file.gguf", file.bytes()));
  EXPECT_EQ(values.integer("u32"), 7);
  EXPECT_EQ(values.number("u32"), 7.0);
  EXPECT_EQ(values.integer("i8"), -3);
  EXPECT_EQ(values.number("f32"), 2.5);
  EXPECT_TRUE(values.boolean("true"));
  EXPECT_EQ(values.text("text"), "words");
  EXPECT_EQ(values.texts("array"), (std::vector<std::string_view>{"a", ""}));
  const std::string place = values.path() + ": ";
  EXPECT_EQ(test::error_of([&] { values.integer("f32"); }), place + "f32 must be an integer, got 2.5");
  EXPECT_EQ(test::error_of([&] { values.integer("u64"); }), place + "u64 is too large, got 18446744073709551615");
  EXPECT_EQ(test::error_of([&] { values.number("text"); }), place + "text must be a number, got words");
  EXPECT_EQ(test::error_of([&] { values.boolean("u32"); }), place + "u32 must be true or false, got 7");
  EXPECT_EQ(test::error_of([&] { values.text("u32"); }), place + "u32 must be a text, got 7");
  EXPECT_EQ(test::error_of([&] { values.text("array"); }), place + "array must be a single value");
  EXPECT_EQ(test::error_of([&] { values.integers("u32"); }), place + "u32 must be an array");
  EXPECT_EQ(test::error_of([&] { values.integers("array"); }), place + "array must be an array of integers");
  EXPECT_EQ(test::error_of([&] { values.integer("none"); }), place + "none is missing");
}

TEST(Gguf, RefusesWhatIsWrong) {
  EXPECT_EQ(refusal(GgufBytes(0, 0, 1)), "version must be 3, got 1");
  EXPECT_EQ(refusal(GgufBytes(1, 0)), "cut short at byte 24");
  EXPECT_EQ(refusal(GgufBytes(~std::uint64_t{0}, ~std::uint64_t{0})), "cut short at byte 24");
  EXPECT_EQ(refusal(GgufBytes(0, 1).text("key").number(std::uint32_t{13})), "there is no value type 13");
  EXPECT_EQ(refusal(GgufBytes(0, 1).number(~std::uint64_t{0})),
            "a text may have at most 1073741824 bytes, got 18446744073709551615");
  EXPECT_EQ(refusal(GgufBytes(0, 2).u32("a", 1).u32("a", 2)), "\"a\" is given twice");
  const auto array = [](std::uint32_t type, std::uint64_t count) {
    return GgufBytes(0, 1).text("a").number(std::uint32_t{9}).number(type).number(count);
  };
  EXPECT_EQ(refusal(array(9, 1)), "\"a\": arrays of arrays are not supported");
  EXPECT_EQ(refusal(array(0, ~std::uint64_t{0})),
            "\"a\": an array may have at most 1073741824 elements, got 18446744073709551615");
  EXPECT_EQ(refusal(array(12, 1 << 30)), "cut short at byte 49");
  EXPECT_EQ(refusal(GgufBytes(0, 1).u32("general.alignment", 24)), "general.alignment must be a power of two, got 24");
  EXPECT_EQ(refusal(GgufBytes(0, 1).u32("general.alignment", 0)), "general.alignment must be a power of two, got 0");
}

TEST(Gguf, RefusesTensorsThatDoNotFit) {
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor(std::string(64, 'n'), 8, 0).pad().data(32)),
            "tensor \"" + std::string(64, 'n') + "\": a name may have at most 63 bytes, got 64");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", 8, 0, 4).pad().data(32)), "tensor \"t\": there is no element type 4");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", 48, 0, 8).pad().data(64)),
            "tensor \"t\": rows of Q8_0 must be a multiple of 32, got 48");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", 9, 0).pad().data(32)), "tensor \"t\": its data end beyond the file");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", 8, 0)), "tensor \"t\": its data end beyond the file");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", std::int64_t{1} << 61, 0).pad()), "tensor \"t\": its size overflows");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", -8, 0).pad()), "tensor \"t\": its size overflows");
  EXPECT_EQ(refusal(GgufBytes(1, 0).tensor("t", 8, 32).pad().data(64)),
            "tensor \"t\": its data must begin at 0, got 32");
  // One over the other, and with a hole between.
  EXPECT_EQ(refusal(GgufBytes(2, 0).tensor("t", 8, 0).tensor("u", 8, 0).pad().data(64)),
            "tensor \"u\": its data must begin at 32, got 0");
  EXPECT_EQ(refusal(GgufBytes(2, 0).tensor("t", 8, 0).tensor("u", 8, 64).pad().data(96)),
            "tensor \"u\": its data must begin at 32, got 64");
  EXPECT_EQ(refusal(GgufBytes(2, 0).tensor("t", 8, 0).tensor("t", 8, 32).pad().data(64)),
            "tensor \"t\" is given twice");
  GgufBytes ranks(1, 0);
  ranks.text("t").number(std::uint32_t{5});
  EXPECT_EQ(refusal(ranks), "tensor \"t\": there must be from 1 to 4 axes, got 5");
  GgufBytes product(1, 0);
  product.text("t").number(std::uint32_t{2}).number(std::int64_t{1} << 32).number(std::int64_t{1} << 32);
  EXPECT_EQ(refusal(product), "tensor \"t\": its size overflows");
}

// Whatever is cut off is refused, never read past.
TEST(Gguf, RefusesEveryPrefix) {
  std::ifstream in(kGolden, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  test::TemporaryDirectory directory;
  for (std::size_t size = 4; size < 3000; size += 7) {
    const std::string path = directory.write("cut.gguf", whole.substr(0, size));
    EXPECT_THROW(TensorFile::open(path), Error) << size;
  }
}

TEST(Gguf, TakesAnyAlignmentAndTypesThatCannotBeLoaded) {
  test::TemporaryDirectory directory;
  GgufBytes file(2, 1);
  file.u32("general.alignment", 128).tensor("t", 256, 0, 10).tensor("u", 2, 128).pad(128).data(84).pad(128).data(8);
  const TensorFile opened = TensorFile::open(directory.write("file.gguf", file.bytes()));
  EXPECT_EQ(opened.dtype_name("t"), "Q2_K");
  EXPECT_EQ(opened.tensor("u").elements(), 2);
  EXPECT_NE(test::error_of([&] { opened.tensor("t"); }).find("tensor \"t\": cannot load Q2_K"), std::string::npos);
}

GgufBytes part_of_two(std::uint16_t number, std::string_view tensor) {
  GgufBytes file(1, 2);
  file.text("split.no").number(std::uint32_t{2}).number(number);
  file.text("split.count").number(std::uint32_t{2}).number(std::uint16_t{2});
  return file.tensor(tensor, 8, 0).pad().data(32);
}

TEST(Gguf, OpensAllPartsOfASplitModel) {
  test::TemporaryDirectory directory;
  directory.write("m-00001-of-00002.gguf", part_of_two(0, "a").bytes());
  const std::string second = directory.write("m-00002-of-00002.gguf", part_of_two(1, "b").bytes());
  EXPECT_EQ(WeightSource::open(second).names(), (std::vector<std::string>{"a", "b"}));
  directory.write("m-00001-of-00002.gguf", part_of_two(0, "b").bytes());
  EXPECT_EQ(test::error_of([&] { WeightSource::open(second); }), second + ": tensor \"b\" is in another part already");
  const std::string renamed = directory.write("model.gguf", part_of_two(0, "a").bytes());
  EXPECT_EQ(test::error_of([&] { WeightSource::open(renamed); }),
            "GGUF: " + renamed + ": a part of \"2\" files must be called NAME-00001-of-00002.gguf");
}

}  // namespace
}  // namespace sequent
