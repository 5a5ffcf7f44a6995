#include "sequent/checkpoint/pytorch_tensors.h"

#include <string>

#include "tests/support/files.h"
#include "tests/support/zip.h"

namespace sequent {
namespace {

using test::error_of;
using namespace std::string_literals;

std::string text(const std::string& value) {
  return "X" + test::little_endian(static_cast<std::uint32_t>(value.size())) + value;
}
std::string number(std::int64_t value) {
  return "\x8a\x08" + test::little_endian(value);
}
std::string tuple(const std::vector<std::int64_t>& values) {
  std::string items;
  for (const std::int64_t value : values) items += number(value);
  return "(" + items + "t";
}

struct Arguments {
  std::string function = "ctorch._utils\n_rebuild_tensor_v2\n";
  std::string storage_class = "ctorch\nFloatStorage\n";
  std::string key = "0";
  std::int64_t count = 6;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes = {2, 3};
  std::vector<std::int64_t> strides = {3, 1};
  std::string rest = "\x89}";

  std::string storage() const {
    return "(" + text("storage") + storage_class + text(key) + text("cuda:0") + number(count) + "tQ";
  }
  std::string call() const {
    return function + "(" + storage() + number(offset) + tuple(sizes) + tuple(strides) + rest + "tR";
  }
};

// The storage "0" has six floats.
struct Read {
  explicit Read(const std::string& call)
      : bytes("\x80\x02" + call + "."),
        pickle(std::as_bytes(std::span(bytes)), pytorch_globals(), "p"),
        storage(24),
        storages({{"0", storage}}) {}
  TensorEntry entry() const { return read_pytorch_tensor(pickle, pickle.root(), storages, "t", "p"); }

  std::string bytes;
  Pickle pickle;
  std::vector<std::byte> storage;
  PytorchStorages storages;
};

std::string refusal(const std::string& call) {
  const std::string error = error_of([&] { Read(call).entry(); });
  EXPECT_TRUE(error.starts_with("p: tensor \"t\": ")) << error;
  return error.substr(std::min<std::size_t>(error.size(), 15));
}

TEST(PytorchTensors, SaysWhereTheElementsLie) {
  const Read whole((Arguments()).call());
  EXPECT_TRUE(is_pytorch_tensor(whole.pickle, whole.pickle.root()));
  EXPECT_EQ(whole.entry().data.data(), whole.storage.data());
  EXPECT_EQ(whole.entry().data.size(), 24u);
  EXPECT_TRUE(whole.entry().strides.empty());
  EXPECT_EQ(whole.entry().dtype, DType::f32);

  const Read column(Arguments{.offset = 1, .sizes = {2}, .strides = {3}}.call());
  EXPECT_EQ(column.entry().data.data(), column.storage.data() + 4);
  EXPECT_EQ(column.entry().data.size(), 16u);
  EXPECT_EQ(column.entry().strides, std::vector<std::int64_t>{3});

  const Read scalar(Arguments{.offset = 5, .sizes = {}, .strides = {}}.call());
  EXPECT_EQ(scalar.entry().data.data(), scalar.storage.data() + 20);
  EXPECT_EQ(scalar.entry().data.size(), 4u);
  // The strides of axes of size one say nothing.
  EXPECT_TRUE(Read(Arguments{
                       .sizes = {1, 6, 1},
                       .strides = {77, 1, 99},
                   }
                       .call())
                  .entry()
                  .strides.empty());
  EXPECT_TRUE(Read(Arguments{.offset = 9, .sizes = {0, 3}, .strides = {3, 1}}.call()).entry().data.empty());
}

TEST(PytorchTensors, LooksThroughParametersAndClasses) {
  const std::string tensor = Arguments().call();
  EXPECT_EQ(Read("ctorch._utils\n_rebuild_parameter\n(" + tensor + "\x88}tR").entry().sizes.size(), 2u);
  const std::string of_class =
      "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch\nTensor\n(" +
      Arguments().storage() + number(0) + tuple({6}) + tuple({1}) + "t}tR";
  EXPECT_EQ(Read(of_class).entry().sizes, std::vector<std::int64_t>{6});
}

TEST(PytorchTensors, ReadsUntypedStorages) {
  Arguments arguments = {.function = "ctorch._utils\n_rebuild_tensor_v3\n",
                         .storage_class = "ctorch.storage\nUntypedStorage\n",
                         .count = 24,
                         .rest = "\x89}ctorch\nbfloat16\n"};
  arguments.sizes = {12};
  arguments.strides = {1};
  EXPECT_EQ(Read(arguments.call()).entry().dtype, DType::bf16);
  arguments.sizes = {13};
  EXPECT_EQ(refusal(arguments.call()), "lies outside of its storage");
  arguments.rest = "\x89}ctorch\nFloatStorage\n";
  EXPECT_EQ(refusal(arguments.call()), "has something else where a type belongs");
  arguments.rest = "\x89}";
  EXPECT_EQ(refusal(arguments.call()), "has too few arguments");
  arguments.function = "ctorch._utils\n_rebuild_tensor_v2\n";
  EXPECT_EQ(refusal(arguments.call()), "has no element type");
}

TEST(PytorchTensors, RefusesWhatDoesNotFitTheStorage) {
  EXPECT_EQ(refusal(Arguments{.count = 7}.call()), "asks for more than its storage in the file holds");
  EXPECT_EQ(refusal(Arguments{.count = std::int64_t{1} << 61}.call()),
            "asks for more than its storage in the file holds");
  EXPECT_EQ(refusal(Arguments{.count = 5}.call()), "lies outside of its storage");
  EXPECT_EQ(refusal(Arguments{.offset = 1}.call()), "lies outside of its storage");
  EXPECT_EQ(refusal(Arguments{.strides = {4, 1}}.call()), "lies outside of its storage");
  EXPECT_EQ(refusal(Arguments{.offset = -1}.call()), "needs an integer of zero or more");
  EXPECT_EQ(refusal(Arguments{.sizes = {-2, 3}}.call()), "needs an integer of zero or more");
  EXPECT_EQ(refusal(Arguments{.strides = {-3, 1}}.call()), "needs an integer of zero or more");
  EXPECT_EQ(refusal(Arguments{.sizes = {6}}.call()), "has not as many strides as sizes");
  const std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_EQ(refusal(Arguments{.sizes = {huge, 2}, .strides = {0, 1}}.call()),
            "has sizes and strides that do not fit 63 bits");
  EXPECT_EQ(refusal(Arguments{.strides = {huge, huge}}.call()), "has sizes and strides that do not fit 63 bits");
  EXPECT_EQ(refusal(Arguments{.offset = std::numeric_limits<std::int64_t>::max(), .sizes = {}, .strides = {}}.call()),
            "has sizes and strides that do not fit 63 bits");
  const std::vector<std::int64_t> axes(65, 1);
  EXPECT_EQ(refusal(Arguments{.sizes = axes, .strides = axes}.call()), "has more axes than a tensor can have");
  EXPECT_EQ(refusal(Arguments{.key = "1"}.call()), "its storage \"1\" is not in the file");
}

TEST(PytorchTensors, RefusesOtherThingsInItsPlace) {
  EXPECT_EQ(refusal(Arguments{.storage_class = "ctorch\nSize\n"}.call()), "has something else where a type belongs");
  EXPECT_EQ(refusal("ctorch._utils\n_rebuild_tensor_v2\n(" + number(1) + number(0) + tuple({1}) + tuple({1}) + "tR"),
            "has something else where its storage belongs");
  EXPECT_EQ(refusal("ctorch._utils\n_rebuild_parameter\n(Nt"
                    "R"),
            "has something else where a tensor belongs");
  EXPECT_EQ(refusal("ctorch._utils\n_rebuild_parameter\n)R"), "has something else where a tensor belongs");
  EXPECT_EQ(refusal("ctorch._tensor\n_rebuild_from_type_v2\n)R"), "is of a class that is not known");
  std::string wrapped = Arguments().call();
  for (int i = 0; i < 9; ++i) wrapped = "ctorch._utils\n_rebuild_parameter\n" + wrapped + "\x85R";
  EXPECT_EQ(refusal(wrapped), "is wrapped too often");
}

}  // namespace
}  // namespace sequent
