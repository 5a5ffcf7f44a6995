#include "sequent/checkpoint/pytorch.h"

#include <cstring>

#include "tests/support/files.h"
#include "tests/support/zip.h"

namespace sequent {
namespace {

using test::error_of;
using test::make_zip;
using test::TemporaryDirectory;
using namespace std::string_literals;

std::string golden(const std::string& name) {
  return SEQUENT_SOURCE_DIR "/tests/golden/checkpoint/" + name;
}

void expect_equal(const Tensor& actual, const Tensor& expected) {
  ASSERT_EQ(actual.dtype(), expected.dtype());
  ASSERT_EQ(actual.shape(), expected.shape());
  const auto count = static_cast<std::size_t>(actual.bytes());
  EXPECT_TRUE(count == 0 || std::memcmp(actual.raw(), expected.raw(), count) == 0);
}

TEST(PyTorch, ReadsEveryTypeAndView) {
  const TensorFile expected = TensorFile::open(golden("pytorch_expected.safetensors"));
  for (const char* name : {"tensors.pt", "protocol4.pt"}) {
    const TensorFile file = TensorFile::open(golden(name));
    EXPECT_EQ(file.format(), "PyTorch");
    EXPECT_EQ(file.names().size(), expected.names().size());
    for (const std::string& tensor : expected.names()) {
      SCOPED_TRACE(tensor);
      expect_equal(file.tensor(tensor), expected.tensor(tensor));
      EXPECT_EQ(file.bytes(tensor), expected.bytes(tensor));
      expect_equal(file.raw(tensor), expected.raw(tensor));
    }
  }
}

TEST(PyTorch, UsesStoragesInPlaceAndShared) {
  const TensorFile file = TensorFile::open(golden("tensors.pt"));
  EXPECT_EQ(file.tensor("tied.in").raw(), file.tensor("tied.out").raw());
  // [1, 1] of the base, whose rows have four floats.
  EXPECT_EQ(file.tensor("row_of_base").raw(), file.tensor("base").raw() + 4 * 4 * 4);
  EXPECT_EQ(error_of([&] { file.tensor("base").mutable_floats(); }), "tensor: this memory is read-only");
}

TEST(PyTorch, ListsWhatItCannotLoad) {
  const TensorFile file = TensorFile::open(golden("others.pt"));
  EXPECT_EQ(file.dtype_name("double"), "float64");
  EXPECT_EQ(file.dtype_name("flags"), "bool");
  EXPECT_EQ(file.dtype_name("complex"), "complex64");
  EXPECT_EQ(file.raw("double").bytes(), 16);
  EXPECT_EQ(
      error_of([&] { file.tensor("flags"); }),
      "PyTorch: " + golden("others.pt") +
          ": tensor \"flags\": cannot load bool, only f32, f16, bf16, i32, i64, u8, q8_0, q4_0, q4_k, q5_k and q6_k");
  EXPECT_EQ(file.shape("expanded"), Shape({3, 1000000}));
  EXPECT_EQ(error_of([&] { file.tensor("expanded"); }),
            "PyTorch: " + golden("others.pt") +
                ": tensor \"expanded\": cannot load a view that repeats elements: 3000000 of them lie in 4 bytes");
}

TEST(PyTorch, FindsTensorsAnywhereInATrainingCheckpoint) {
  const TensorFile file = TensorFile::open(golden("training.pth.tar"));
  EXPECT_EQ(file.names(),
            (std::vector<std::string>{"encoder.module.backbone.weight", "encoder.module.backbone.bias",
                                      "predictor.module.weight", "predictor.module.bias", "opt.state.0.step",
                                      "opt.state.0.exp_avg", "opt.state.0.exp_avg_sq", "opt.state.1.step",
                                      "opt.state.1.exp_avg", "opt.state.1.exp_avg_sq",
                                      "target_encoder.module.backbone.weight", "target_encoder.module.backbone.bias"}));
  EXPECT_EQ(file.shape("encoder.module.backbone.weight"), Shape({2, 3}));
  expect_equal(file.tensor("target_encoder.module.backbone.weight"), file.tensor("predictor.module.weight"));
  EXPECT_EQ(file.metadata(),
            (std::map<std::string, std::string>{{"amp", "true"}, {"epoch", "300"}, {"lr", "0.000625"}, {"name", "v"}}));
}

TEST(PyTorch, ReadsABareTensor) {
  EXPECT_EQ(TensorFile::open(golden("bare.pt")).tensor("tensor").floats()[0], 4.0f);
}

TEST(PyTorch, RefusesOtherThingsThatPyTorchWrites) {
  const auto refusal = [](const std::string& path) { return error_of([&] { TensorFile::open(path); }); };
  EXPECT_NE(refusal(golden("module.pt")).find("refuses \"torch.nn.modules.linear.Linear\": loading it would run code"),
            std::string::npos);
  EXPECT_EQ(refusal(golden("script.pt")), "PyTorch: " + golden("script.pt") +
                                              ": a TorchScript program, which is not supported; save its state_dict() "
                                              "with torch.save");
  EXPECT_EQ(refusal(golden("compressed.pt")),
            "PyTorch: " + golden("compressed.pt") +
                ": member \"archive/data.pkl\" is compressed, which torch.save never does");
  const TemporaryDirectory directory;
  const std::string stream = directory.write("stream.pt", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  EXPECT_EQ(refusal(stream),
            "PyTorch: " + stream +
                ": written by a PyTorch before 1.6; open it in PyTorch and save it anew with torch.save "
                "or as safetensors");
  const std::string tar = directory.write("old.pth.tar", std::string(257, '\0') + "ustar" + std::string(250, '\0'));
  EXPECT_EQ(refusal(tar),
            "PyTorch: " + tar +
                ": written by one of the first versions of PyTorch, as a tar file; open it in PyTorch and "
                "save it anew with torch.save or as safetensors");
  const std::string document = directory.write("document.docx", make_zip({{"word/document.xml", "<xml/>"}}));
  EXPECT_EQ(refusal(document), "PyTorch: " + document + ": an archive, but not one of torch.save: it has no data.pkl");
}

// An archive of this pickle and one storage "0" of eight bytes.
class MadeUp : public testing::Test {
 protected:
  std::string archive(const std::string& pickle, const std::string& byteorder = "little") const {
    return directory.write("made_up.pt", make_zip({{"r/data.pkl", "\x80\x02" + pickle + "."},
                                                   {"r/byteorder", byteorder},
                                                   {"r/data/0", std::string(8, '\1')},
                                                   {"r/version", "3\n"}}));
  }
  std::string refusal(const std::string& pickle) const {
    const std::string path = archive(pickle);
    const std::string prefix = "PyTorch: " + path + ": ";
    const std::string error = error_of([&] { TensorFile::open(path); });
    EXPECT_TRUE(error.starts_with(prefix)) << error;
    return error.substr(std::min(error.size(), prefix.size()));
  }

  const TemporaryDirectory directory;
};

std::string text(const std::string& value) {
  return "X" + test::little_endian(static_cast<std::uint32_t>(value.size())) + value;
}
// Two floats of the storage.
const std::string kTensor = "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" +
                            text("0") + text("cpu") + "K\x02tQK\0K\x02\x85K\x01\x85\x89N"s + "tR";

TEST_F(MadeUp, IsReadAsATensor) {
  EXPECT_EQ(TensorFile::open(archive(kTensor)).shape("tensor"), Shape({2}));
  EXPECT_EQ(TensorFile::open(archive("]" + kTensor + "a")).shape("0"), Shape({2}));
  EXPECT_TRUE(TensorFile::open(archive("N")).names().empty());
}

TEST_F(MadeUp, RefusesTheOtherByteOrder) {
  EXPECT_EQ(error_of([&] { TensorFile::open(archive("N", "big")); }),
            "PyTorch: " + (directory / "made_up.pt") + ": byteorder must be little, got \"big\"");
}

TEST_F(MadeUp, RefusesANestThatContainsItself) {
  EXPECT_EQ(refusal("]q\1h\1a"), "\"0\" contains itself");
  EXPECT_EQ(refusal("}q\1" + text("a") + "h\1s"), "\"a\" contains itself");
}

TEST_F(MadeUp, ListsASharedPartUnderEachName) {
  const TensorFile file =
      TensorFile::open(archive("}(" + text("a") + "}q\1" + text("w") + kTensor + "s" + text("b") + "h\1u"));
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a.w", "b.w"}));
}

TEST_F(MadeUp, RefusesPartsThatRepeatWithoutEnd) {
  // Each level holds the one below it ten times: 10^8 lists in some 240 bytes.
  std::string lists = "]q\0"s;
  for (char level = 0; level < 8; ++level) {
    lists += {']', 'q', static_cast<char>(level + 1), '('};
    for (int i = 0; i < 10; ++i) lists += {'h', level};
    lists += 'e';
  }
  EXPECT_EQ(refusal("(" + lists + "t"), "repeats its parts too often");
  // One long key over and over.
  std::string keys = text(std::string(1000, 'k')) + "q\0}"s;
  for (int i = 0; i < 10; ++i) keys = "}h\0"s + keys + "s";
  EXPECT_THROW(TensorFile::open(archive(keys)), Error);
}

TEST_F(MadeUp, RefusesNamesGivenTwice) {
  EXPECT_EQ(refusal("}(" + text("w") + kTensor + text("w") + kTensor + "u"), "tensor \"w\" is given twice");
  EXPECT_EQ(refusal("}(" + text("a.b") + kTensor + text("a") + "}" + text("b") + kTensor + "su"),
            "tensor \"a.b\" is given twice");
}

}  // namespace
}  // namespace sequent
