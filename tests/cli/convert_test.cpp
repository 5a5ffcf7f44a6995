#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/checkpoint/tensor_file.h"
#include "sequent/models/model_directory.h"
#include "sequent/models/vjepa_directory.h"
#include "tests/support/command.h"
#include "tests/support/small_directories.h"
#include "tests/support/small_vjepa.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class Convert : public testing::Test {
 protected:
  Convert() { test::write_small_model(model, "mamba"); }

  json convert(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "convert");
    arguments.push_back("--json");
    const CommandResult result = test::sequent(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? json::parse(result.out) : json();
  }

  static std::string generated(const std::string& path) {
    const CommandResult result =
        test::sequent({"generate", path, "--prompt", "Once", "--max-tokens", "8", "--temp", "0"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  test::TemporaryDirectory directory;
  const std::string model = directory / "model";
};

TEST_F(Convert, ThereAndBackGivesTheSameText) {
  const std::string gguf = directory / "model.gguf", again = directory / "again";
  const json first = convert({model, gguf});
  EXPECT_EQ(first["format"], "gguf");
  EXPECT_EQ(first["bytes"], std::filesystem::file_size(gguf));
  convert({gguf, again, "--to", "hf"});
  const std::string text = generated(model);
  EXPECT_EQ(generated(gguf), text);
  EXPECT_EQ(generated(again), text);
  // The weights too, but for the logarithm and back.
  const TensorFile before = TensorFile::open(model + "/model.safetensors");
  const TensorFile after = TensorFile::open(again + "/model.safetensors");
  EXPECT_EQ(after.names(), before.names());
  for (const std::string& name : before.names()) {
    test::expect_close(test::to_doubles(after.tensor(name)), test::to_doubles(before.tensor(name)), 1e-6, name);
  }
}

TEST_F(Convert, TheChatTemplateGoesAlong) {
  const std::string source = "{% for message in messages %}<{{ message.content }}>{% endfor %}";
  std::ofstream(model + "/chat_template.jinja") << source;
  const std::string gguf = directory / "model.gguf", copy = directory / "copy", again = directory / "again";
  convert({model, gguf});
  convert({model, copy, "--to", "hf"});
  convert({gguf, again, "--to", "hf"});
  EXPECT_EQ(test::contents_of(copy + "/chat_template.jinja"), source);
  EXPECT_EQ(json::parse(test::contents_of(again + "/tokenizer_config.json"))["chat_template"], source);
  for (const std::string& path : {model, gguf, copy, again}) {
    const CommandResult result =
        test::sequent({"chat", path, "--max-tokens", "4", "--temp", "0", "--json"}, {.input = "Hi\n"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    // "<Hi>" is four bytes, each a token.
    EXPECT_EQ(json::parse(result.out)["turns"][0]["prompt_tokens"], 4) << path;
  }
}

TEST_F(Convert, WritesSixteenBitsAsPublished) {
  const std::string half = directory / "half";
  convert({model, half, "--to", "hf", "--dtype", "bf16"});
  const TensorFile file = TensorFile::open(half + "/model.safetensors");
  EXPECT_EQ(file.entry("backbone.embeddings.weight").dtype, DType::bf16);
  EXPECT_EQ(file.entry("backbone.layers.0.mixer.in_proj.weight").dtype, DType::bf16);
  for (const char* name : {"A_log", "D", "conv1d.weight", "dt_proj.weight", "dt_proj.bias"}) {
    EXPECT_EQ(file.entry("backbone.layers.0.mixer." + std::string(name)).dtype, DType::f32) << name;
  }
  EXPECT_EQ(json::parse(test::contents_of(half + "/config.json"))["torch_dtype"], "bfloat16");
  EXPECT_FALSE(generated(half).empty());
}

TEST_F(Convert, MeasuresThePerplexityOfBoth) {
  const std::string text = directory.write("text.txt", std::string(2000, 'a') + "and some other text");
  const json result =
      convert({model, directory / "model.gguf", "--dtype", "q8_0", "--eval", text, "--cache", directory / "cache"});
  const double before = result["perplexity_before"], after = result["perplexity"];
  EXPECT_GT(before, 1.0);
  EXPECT_NE(after, before);
  EXPECT_NEAR(after, before, 0.02 * before);
  EXPECT_LT(result["bytes"], result["bytes_before"]);
}

TEST_F(Convert, EveryVerbOpensTheFile) {
  const std::string gguf = directory / "model.gguf";
  convert({model, gguf, "--dtype", "q4_0"});
  const std::string text = directory.write("text.txt", "some text to be scored");
  const std::vector<std::vector<std::string>> commands = {
      {"generate", gguf, "--prompt", "a", "--max-tokens", "2"},
      {"eval", gguf, "--data", text, "--cache", directory / "cache"},
      {"inspect", gguf, "--tensors"},
      {"bench", gguf, "--mode", "decode", "--context", "8", "--tokens", "2", "--runs", "1"},
  };
  for (const std::vector<std::string>& command : commands) {
    const CommandResult result = test::sequent(command);
    EXPECT_EQ(result.exit_code, 0) << command.front() << ": " << result.err;
  }
  EXPECT_NE(test::sequent({"inspect", gguf, "--tensors"}).out.find("q4_0"), std::string::npos);
}

TEST_F(Convert, SaysWhatItCannotDo) {
  const auto error_of = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "convert");
    const CommandResult result = test::sequent(arguments);
    EXPECT_NE(result.exit_code, 0);
    return result.err;
  };
  EXPECT_NE(error_of({model, directory / "out", "--to", "hf", "--dtype", "q8_0"}).find("q8_0 is for gguf"),
            std::string::npos);
  EXPECT_NE(error_of({model, model, "--to", "hf"}).find("exists already"), std::string::npos);
  EXPECT_NE(error_of({model, directory / "out", "--dtype", "q3_k"}).find("--dtype"), std::string::npos);
  const std::string other = directory / "other";
  test::write_small_model(other, "retnet");
  EXPECT_NE(error_of({other, directory / "out.gguf"}).find("no architecture of this format holds such a model"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory / "out"));
  EXPECT_FALSE(std::filesystem::exists(directory / "out.gguf"));
}

TEST_F(Convert, GivesTheOriginalCodesWhatTheyRead) {
  const std::string original = directory / "original";
  convert({model, original, "--to", "state-spaces"});
  EXPECT_TRUE(std::filesystem::exists(original + "/pytorch_model.bin"));
  EXPECT_FALSE(std::filesystem::exists(original + "/model.safetensors"));
  EXPECT_EQ(generated(original), generated(model));

  const std::string video = directory / "video", checkpoint = directory / "jepa-latest.pth.tar";
  std::filesystem::create_directory(video);
  const auto source = fresh_parameters(5);
  save_vjepa(video, VJepa(test::small_vjepa(), *source));
  const json result = convert({video, checkpoint, "--to", "jepa"});
  EXPECT_EQ(result["bytes"], std::filesystem::file_size(checkpoint));
  const std::string second = SEQUENT_SOURCE_DIR "/tests/golden/vjepa2/vjepa2-plain";
  EXPECT_GT(convert({second, directory / "second", "--to", "hf"})["bytes"].get<std::int64_t>(), 0);
  EXPECT_TRUE(holds_video_classifier(directory.path() / "second"));
  const CommandResult first = test::sequent({"convert", video, directory / "first", "--to", "hf"});
  EXPECT_NE(first.err.find("is the first V-JEPA: jepa"), std::string::npos) << first.err;
  const CommandResult refused = test::sequent({"convert", model, directory / "x.pth.tar", "--to", "jepa"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("the format jepa is for models of V-JEPA"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace sequent
