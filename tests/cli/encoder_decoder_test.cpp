// The verbs on an encoder-decoder.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/golden_encoder_decoder.h"
#include "tests/support/sample_text.h"
#include "tests/support/small_encoder_decoders.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::CommandResult;

class EncoderDecoderCommands : public testing::Test {
 protected:
  EncoderDecoderCommands() { test::write_small_encoder_decoder(model, "switch-t5"); }
  static json run_json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const CommandResult result = test::sequent(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }

  const test::TemporaryDirectory directory;
  const std::string model = directory / "model";
  const std::string text = directory.write("text.txt", test::some_text(60));
};

TEST_F(EncoderDecoderCommands, GenerateFillsInTheBlanksOfThePrompt) {
  const json object = run_json({"generate", model, "-p", "A <extra_id_0> walks", "-n", "12", "-s", "3"});
  EXPECT_EQ(object["prompt_tokens"], 10);
  EXPECT_EQ(object["generated_tokens"], object["tokens"].size());
  EXPECT_TRUE(object["filled_text"].get<std::string>().starts_with("A ")) << object;
  const CommandResult plain = test::sequent({"generate", model, "-p", "A <extra_id_0> walks", "-n", "12", "-s", "3"});
  EXPECT_EQ(plain.exit_code, 0);
  EXPECT_NE(plain.err.find("filled in: A "), std::string::npos) << plain.err;
  const CommandResult state = test::sequent({"generate", model, "-p", "a", "--save-state", directory / "state"});
  EXPECT_EQ(state.exit_code, 1);
  EXPECT_NE(state.err.find("cannot be saved"), std::string::npos) << state.err;
}

TEST_F(EncoderDecoderCommands, EvalGivesTheLossOnBlanks) {
  const json object = run_json({"eval", model, "--data", text, "--cache", directory / "cache"});
  EXPECT_GT(object["loss"], 4.0);
  EXPECT_TRUE(object["bits_per_byte"].is_null());
  EXPECT_EQ(object["context"], 64);
  const CommandResult plain = test::sequent({"eval", model, "--data", text, "--cache", directory / "cache"});
  EXPECT_NE(plain.out.find("filled into the blanks"), std::string::npos) << plain.out;
}

TEST_F(EncoderDecoderCommands, InspectCountsBothStacks) {
  const LoadedEncoderDecoder loaded = load_encoder_decoder(model);
  const json object = run_json({"inspect", model, "--context", "100"});
  EXPECT_EQ(object["architecture"], "switch-t5");
  EXPECT_EQ(object["layers"], 4);
  EXPECT_EQ(object["parameters"], loaded.model->parameters().count());
  EXPECT_EQ(object["active_parameters"], loaded.model->active_parameters());
  EXPECT_EQ(object["state_bytes"], loaded.model->state_bytes(100, 100));
  const CommandResult plain = test::sequent({"inspect", model});
  EXPECT_NE(plain.out.find("decoder with cross-attention"), std::string::npos) << plain.out;
}

TEST_F(EncoderDecoderCommands, LogitsAreThoseOfTheReferenceImplementation) {
  const test::GoldenEncoderDecoder golden("switch-plain");
  const auto lists = [](const std::vector<std::int32_t>& ids, const Segments& segments) {
    json sequences = json::array();
    for (std::int64_t i = 0; i < segments.count(); ++i) {
      sequences.push_back(std::vector<std::int32_t>(ids.begin() + segments.begin(i), ids.begin() + segments.end(i)));
    }
    return sequences.dump();
  };
  const std::string encoder = directory.write("encoder.json", lists(golden.encoder_ids, golden.encoder_segments));
  const std::string decoder = directory.write("decoder.json", lists(golden.decoder_ids, golden.decoder_segments));
  const std::string out = directory / "logits.safetensors";
  for (const char* form : {"parallel", "chunked", "recurrent"}) {
    run_json({"logits", golden.directory.string(), "--ids", decoder, "--encoder-ids", encoder, "--form", form,
              "--chunk", "3", "--out", out});
    test::expect_close(test::to_doubles(TensorFile::open(out).tensor("logits")),
                       test::to_doubles(golden.expected.tensor("logits")), 2e-5, form);
  }
  const CommandResult missing = test::sequent({"logits", golden.directory.string(), "--ids", decoder, "--out", out});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("needs --encoder-ids"), std::string::npos) << missing.err;
}

TEST_F(EncoderDecoderCommands, TrainMakesOneAndVerbsForLanguageModelsSayWhatItIs) {
  const std::string run = directory / "run";
  const json object = run_json({"train", "--arch", "switch-t5", "--data", text, "--out", run, "--width", "32",
                                "--layers", "2", "--context", "32", "--batch", "2", "--steps", "3", "-t", "1"});
  EXPECT_EQ(object["steps"], 3);
  EXPECT_LT(object["active_parameters"], object["parameters"]);
  EXPECT_EQ(run_json({"generate", run, "-p", "It <extra_id_0> .", "-n", "5"})["prompt_tokens"], 7);
  const CommandResult chat = test::sequent({"chat", run});
  EXPECT_EQ(chat.exit_code, 1);
  EXPECT_NE(chat.err.find("holds an encoder-decoder"), std::string::npos) << chat.err;
  const CommandResult wrong = test::sequent({"train", "--arch", "mamba", "--objective", "span-corruption", "--data",
                                             text, "--out", directory / "other", "--steps", "1"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("cannot be trained for span-corruption"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace sequent
