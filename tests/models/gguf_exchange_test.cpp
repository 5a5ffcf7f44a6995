#include "sequent/models/gguf_exchange.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

// One description, which both directions use.
struct Sizes {
  std::int64_t width = 0, optional = 5, token = -1;
  float epsilon = 0;
  bool flag = false;
  std::vector<std::int64_t> heads;

  void describe(GgufExchange& values) {
    values.integer("width", width);
    values.optional_integer("optional", optional);
    values.number("epsilon", epsilon);
    values.optional_boolean("flag", flag);
    values.integers("heads", heads, 2);
    values.constant("constant", 3);
    values.token("tokenizer.ggml.eos_token_id", token);
  }
};

Sizes read(const std::string& path) {
  Sizes sizes;
  WeightSource weights = WeightSource::open(path);
  const GgufMetadata metadata = read_gguf_metadata(path);
  GgufExchange values(metadata, weights, "arch");
  sizes.describe(values);
  return sizes;
}

TEST(GgufExchange, ReadsWhatItWrites) {
  test::TemporaryDirectory directory;
  GgufValues written;
  GgufExchange values(written, "arch");
  Sizes sizes = {.width = 7, .optional = 6, .token = 9, .epsilon = 0.25f, .flag = true, .heads = {0, 4}};
  sizes.describe(values);
  const std::string path = directory / "file.gguf";
  save_gguf(path, written, {}, [](std::size_t) { return Tensor(); });
  const Sizes again = read(path);
  EXPECT_EQ(again.width, 7);
  EXPECT_EQ(again.optional, 6);
  EXPECT_EQ(again.token, 9);
  EXPECT_EQ(again.epsilon, 0.25f);
  EXPECT_TRUE(again.flag);
  EXPECT_EQ(again.heads, (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(read_gguf_metadata(path).integer("arch.constant"), 3);
}

TEST(GgufExchange, LeavesOptionalValuesAndTakesOneForAll) {
  test::TemporaryDirectory directory;
  const std::string path = directory / "file.gguf";
  const auto save = [&](GgufValues values) { save_gguf(path, values, {}, [](std::size_t) { return Tensor(); }); };
  const GgufValues least = {{"arch.width", 7u}, {"arch.epsilon", 0.5f}, {"arch.heads", 4u}};
  save(least);
  const Sizes sizes = read(path);
  EXPECT_EQ(sizes.optional, 5);
  EXPECT_EQ(sizes.token, -1);
  EXPECT_EQ(sizes.heads, (std::vector<std::int64_t>{4, 4}));
  save({least[0], least[1], {"arch.heads", std::vector<std::int32_t>{1}}});
  EXPECT_EQ(test::error_of([&] { read(path); }), path + ": arch.heads must have 2 entries, got 1");
  save({least[0], least[1]});
  EXPECT_EQ(test::error_of([&] { read(path); }), path + ": arch.heads is missing");
  save({});
  EXPECT_EQ(test::error_of([&] { read(path); }), path + ": arch.width is missing");
}

TEST(GgufExchange, RefusesToWriteWhatDoesNotFit) {
  GgufValues written;
  GgufExchange values(written, "arch");
  std::int64_t negative = -1;
  EXPECT_EQ(test::error_of([&] { values.integer("width", negative); }), "GGUF: arch.width must fit 32 bits, got -1");
}

}  // namespace
}  // namespace sequent
