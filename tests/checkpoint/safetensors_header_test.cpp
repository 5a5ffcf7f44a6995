#include "sequent/checkpoint/safetensors_header.h"

#include <cstring>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;

std::string file_of(const std::string& header, const std::string& data, std::uint64_t length) {
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file.data(), file.size())), "f");
}

/// The sentence that refuses this header over `data_bytes` bytes of data, without the constant "safetensors: f: ".
std::string refusal(const std::string& header, std::size_t data_bytes = 0) {
  const std::string sentence = error_of([&] { parse(file_of(header, std::string(data_bytes, 'x'), header.size())); });
  EXPECT_TRUE(sentence.starts_with("safetensors: f: ")) << sentence;
  return sentence.substr(std::min<std::size_t>(sentence.size(), 16));
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{}]}})", name, dtype, shape, offsets);
}

std::string object(const std::string& fields) {
  return fmt::format("{{{}}}", fields);
}

const std::string kSmall = "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("a", "F32", "2,1", "0,8") + "," +
                           tensor("b", "U8", "3", "8,11") + "," + tensor("none", "F16", "0,5", "8,8") + "}  ";

TEST(SafetensorsHeader, AcceptsTensorsInAnyOrderEmptyOnesAndPadding) {
  const SafetensorsHeader header = parse(file_of(kSmall, "12345678abc", kSmall.size()));
  ASSERT_EQ(header.entries.size(), 3u);
  EXPECT_EQ(header.entries[0].name, "a");
  EXPECT_EQ(header.entries[1].name, "none");
  EXPECT_EQ(header.entries[2].name, "b");
  EXPECT_EQ(header.entries[2].end - header.entries[2].begin, 3);
  EXPECT_TRUE(parse(file_of("{}", "", 2)).entries.empty());
}

TEST(SafetensorsHeader, RefusesEveryTruncation) {
  const std::string whole = file_of(kSmall, "12345678abc", kSmall.size());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    // A copy of exactly this size, so that the sanitizer sees a read beyond it.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    error_of([&] { parse_safetensors(std::as_bytes(std::span(cut)), "f"); });
  }
  error_of([&] { parse(whole + "x"); });
}

TEST(SafetensorsHeader, AnyFlippedBitIsRefusedOrLeavesTheSameTensors) {
  const std::string whole = file_of(kSmall, "12345678abc", kSmall.size());
  const SafetensorsHeader before = parse(whole);
  int refused = 0, accepted = 0;
  for (std::size_t bit = 0; bit < 8 * (8 + kSmall.size()); ++bit) {
    SCOPED_TRACE(bit);
    std::vector<char> flipped(whole.begin(), whole.end());
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      // Only a name, or metadata, can have become another one.
      const SafetensorsHeader after = parse_safetensors(std::as_bytes(std::span(flipped)), "f");
      ++accepted;
      ASSERT_EQ(after.entries.size(), before.entries.size());
      int renamed = 0;
      for (std::size_t i = 0; i < before.entries.size(); ++i) {
        renamed += after.entries[i].name != before.entries[i].name;
        EXPECT_EQ(after.entries[i].dtype, before.entries[i].dtype);
        EXPECT_EQ(after.entries[i].begin, before.entries[i].begin);
        EXPECT_EQ(after.entries[i].end, before.entries[i].end);
        // Of an empty tensor any size but the 0 is free.
        EXPECT_TRUE(before.entries[i].name == "none" || after.entries[i].shape == before.entries[i].shape);
      }
      EXPECT_LE(renamed, 1);
    } catch (const Error& error) {
      ++refused;
      EXPECT_TRUE(std::string(error.what()).starts_with("safetensors: f: ")) << error.what();
    }
  }
  EXPECT_GT(refused, accepted);
}

TEST(SafetensorsHeader, RefusesLengthsOutOfBounds) {
  const auto of_length = [](std::uint64_t length) { return error_of([&] { parse(file_of("{}", "", length)); }); };
  EXPECT_EQ(of_length(0), "safetensors: f: header length: must be 1 to 100000000, got 0");
  EXPECT_EQ(of_length(3), "safetensors: f: header length: 3 bytes, but only 2 follow");
  EXPECT_EQ(of_length(100'000'001), "safetensors: f: header length: must be 1 to 100000000, got 100000001");
  EXPECT_EQ(of_length(~std::uint64_t{0}),
            "safetensors: f: header length: must be 1 to 100000000, got 18446744073709551615");
  EXPECT_EQ(error_of([] { parse("short"); }), "safetensors: f: header length: the file has only 5 bytes");
}

TEST(SafetensorsHeader, RefusesWhatIsNotItsJson) {
  EXPECT_EQ(refusal(" {}"), "header must begin with '{'");
  EXPECT_EQ(refusal("[]"), "header must begin with '{'");
  EXPECT_EQ(refusal("{"), "header is not valid JSON at its byte 2");
  EXPECT_EQ(refusal("{} {}"), "header is not valid JSON at its byte 4");
  EXPECT_EQ(refusal(std::string("{}\0\0", 4)), "header is not valid JSON at its byte 3");
  EXPECT_EQ(refusal("{\"\xff\":1}"), "header is not valid JSON at its byte 3");
  EXPECT_EQ(refusal("{\"a\":1}"), "tensor \"a\": must not be a number");
  EXPECT_EQ(refusal("{\"a\":\"x\"}"), "tensor \"a\": must not be a string");
  EXPECT_EQ(refusal("{\"a\":null}"), "tensor \"a\": must not be null");
  EXPECT_EQ(refusal("{\"a\":[1]}"), "tensor \"a\": must not be an array");
  EXPECT_EQ(refusal("{\"a\":{}}"), "tensor \"a\": must have dtype, shape and data_offsets");
  EXPECT_EQ(refusal("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}"),
            "tensor \"a\": must have dtype, shape and data_offsets");
  EXPECT_EQ(refusal("{\"a\":{\"dtype\":7}}"), "tensor \"a\": \"dtype\": must not be a number");
  EXPECT_EQ(refusal("{\"a\":{\"dtype\":[7]}}"), "tensor \"a\": \"dtype\": must not be an array");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":7}}"), "tensor \"a\": \"shape\": must not be a number");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":[\"7\"]}}"), "tensor \"a\": \"shape\": must not be a string");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":[[7]]}}"), "tensor \"a\": \"shape\": must not be an array");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":[{}]}}"), "tensor \"a\": \"shape\": an object is out of place");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":[true]}}"), "tensor \"a\": \"shape\": must not be true or false");
  EXPECT_EQ(refusal("{\"a\":{\"offsets\":[0,1]}}"), "tensor \"a\": \"offsets\": is not a field of the format");
  EXPECT_EQ(refusal("{\"__metadata__\":{\"a\":1}}"), "\"__metadata__\": \"a\": must not be a number");
  EXPECT_EQ(refusal("{\"__metadata__\":{\"a\":{}}}"), "\"__metadata__\": \"a\": an object is out of place");
  EXPECT_EQ(refusal("{\"__metadata__\":null}"), "\"__metadata__\": must not be null");
}

TEST(SafetensorsHeader, RefusesAbsurdNesting) {
  std::string objects = "{";
  for (int i = 0; i < 1000000; ++i) objects += "\"a\":{";
  EXPECT_EQ(refusal(objects), "tensor \"a\": \"a\": is not a field of the format");
  EXPECT_EQ(refusal("{\"a\":{\"shape\":" + std::string(1000000, '[')), "tensor \"a\": \"shape\": must not be an array");
}

TEST(SafetensorsHeader, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(refusal(object(tensor("a", "U8", "1", "0,1") + "," + tensor("a", "U8", "1", "1,2")), 2),
            "tensor \"a\": is given twice");
  EXPECT_EQ(refusal("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), "tensor \"a\": \"dtype\": is given twice");
  EXPECT_EQ(refusal("{\"__metadata__\":{},\"__metadata__\":{}}"), "\"__metadata__\": is given twice");
  EXPECT_EQ(refusal("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}"), "\"__metadata__\": \"a\": is given twice");
}

TEST(SafetensorsHeader, RefusesNumbersThatAreNotSizes) {
  const auto of_shape = [](const std::string& shape) { return refusal(object(tensor("a", "U8", shape, "0,1")), 1); };
  EXPECT_EQ(of_shape("-1"), "tensor \"a\": \"shape\": numbers must not be negative");
  EXPECT_EQ(of_shape("1.0"), "tensor \"a\": \"shape\": numbers must be whole and fit 63 bits");
  EXPECT_EQ(of_shape("9223372036854775808"), "tensor \"a\": \"shape\": does not fit 63 bits");
  EXPECT_EQ(of_shape("99999999999999999999"), "tensor \"a\": \"shape\": numbers must be whole and fit 63 bits");
  EXPECT_EQ(of_shape("1e999"), "header is not valid JSON at its byte 33");
  EXPECT_EQ(refusal(object(tensor("a", "U8", "1", "0")), 1), "tensor \"a\": \"data_offsets\": must be [begin, end]");
  EXPECT_EQ(refusal(object(tensor("a", "U8", "1", "0,1,2")), 1),
            "tensor \"a\": \"data_offsets\": must be [begin, end]");
}

TEST(SafetensorsHeader, RefusesShapesThatOverflow) {
  const std::string overflow = "tensor \"a\": shape: the number of bytes does not fit 63 bits";
  EXPECT_EQ(refusal(object(tensor("a", "U8", "4294967296,4294967296", "0,0"))), overflow);
  EXPECT_EQ(refusal(object(tensor("a", "F32", "4611686018427387904", "0,0"))), overflow);
  EXPECT_EQ(refusal(object(tensor("a", "F32", "0,9223372036854775807,2", "0,0"))), overflow);
}

TEST(SafetensorsHeader, RefusesTypesItDoesNotKnowByName) {
  EXPECT_EQ(refusal(object(tensor("a", "F4", "2", "0,1")), 1), "tensor \"a\": dtype: unknown type \"F4\"");
  EXPECT_EQ(refusal(object(tensor("a", "f32", "1", "0,4")), 4), "tensor \"a\": dtype: unknown type \"f32\"");
}

TEST(SafetensorsHeader, RefusesDataThatDoNotFollowOneAnother) {
  const auto two = [](const std::string& first, const std::string& second) {
    return refusal(object(tensor("a", "U8", "4", first) + "," + tensor("b", "U8", "4", second)), 8);
  };
  EXPECT_EQ(two("0,4", "3,7"), "tensor \"b\": data_offsets [3, 7]: must begin where the data before end, 4");
  EXPECT_EQ(two("0,4", "0,4"), "tensor \"b\": data_offsets [0, 4]: must begin where the data before end, 4");
  EXPECT_EQ(two("0,4", "5,9"), "tensor \"b\": data_offsets [5, 9]: must begin where the data before end, 4");
  EXPECT_EQ(two("1,5", "5,9"), "tensor \"a\": data_offsets [1, 5]: must begin where the data before end, 0");
  EXPECT_EQ(two("0,4", "4,9"), "tensor \"b\": data_offsets [4, 9]: must lie within the data, whose size is 8");
  EXPECT_EQ(two("0,4", "4,3"), "tensor \"b\": data_offsets [4, 3]: must lie within the data, whose size is 8");
  EXPECT_EQ(two("0,4", "4,7"), "tensor \"b\": data_offsets [4, 7]: dtype and shape ask for a number of bytes of 4");
  EXPECT_EQ(refusal(object(tensor("a", "U8", "4", "0,4")), 8), "data: tensors end at byte 4, the file at byte 8");
  EXPECT_EQ(refusal("{}", 8), "data: tensors end at byte 0, the file at byte 8");
}

}  // namespace
}  // namespace sequent
