#include "sequent/cli/common.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tests/support/golden.h"
#include "tests/support/small_directories.h"

namespace sequent {
namespace {

using test::CommandResult;

const std::string kModel = SEQUENT_SOURCE_DIR "/tests/golden/models/mamba-plain";

TEST(Common, AnErrorOfTheLibraryIsOneSentenceAndExitCodeOne) {
  const CommandResult result = test::sequent({"inspect", "/no/such/model"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "sequent inspect: model: /no/such/model does not exist\n");
}

TEST(Common, WrongFlagsAreExitCodeTwo) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const CommandResult result = test::sequent(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    return result.err.substr(0, result.err.find('\n'));
  };
  EXPECT_EQ(error({"inspect", kModel, "--frobnicate"}),
            "sequent inspect: The following argument was not expected: --frobnicate");
  EXPECT_EQ(error({"inspect"}), "sequent inspect: MODEL is required");
  EXPECT_EQ(error({"inspect", kModel, "--context", "-5"}),
            "sequent inspect: --context: must be an integer from 0 up, got -5");
  EXPECT_EQ(error({"inspect", kModel, "--context", "many"}),
            "sequent inspect: --context: must be an integer from 0 up, got many");
  EXPECT_EQ(error({"inspect", kModel, "-t", "-1"}), "sequent inspect: --threads: must be from 0 to 1024, got -1");
}

TEST(Common, EveryFlagIsAlsoAnEnvironmentVariable) {
  const auto context_of = [](const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    const CommandResult result = test::sequent(arguments, {.environment = environment});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out)["context"].get<int>();
  };
  const std::vector<std::string> inspect = {"inspect", kModel, "--json"};
  EXPECT_EQ(context_of(inspect, {"SEQUENT_CONTEXT=77"}), 77);
  EXPECT_EQ(context_of({"inspect", kModel}, {"SEQUENT_CONTEXT=77", "SEQUENT_JSON=1"}), 77);
  EXPECT_EQ(context_of({"inspect", kModel, "--json", "--context", "5"}, {"SEQUENT_CONTEXT=77"}), 5);
  const CommandResult wrong = test::sequent(inspect, {.environment = {"SEQUENT_THREADS=none"}});
  EXPECT_EQ(wrong.exit_code, 2);
}

TEST(Common, AFullDiskAtStandardOutputIsAnError) {
  const CommandResult result = test::sequent({"inspect", kModel}, {.out_path = "/dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "sequent inspect: cannot write to standard output: No space left on device\n");
}

TEST(Common, AReaderThatLeavesEndsItQuietly) {
  const test::TemporaryDirectory directory;
  test::write_small_model(directory / "model", "mamba");
  const std::string command = std::string(SEQUENT_COMMAND) + " generate " + (directory / "model") +
                              " -n 1000000 --ignore-end-of-text 2>" + (directory / "err") + " | head -c 10 > /dev/null";
  EXPECT_EQ(test::run_program("/bin/sh", {"-c", command}).exit_code, 0);
  EXPECT_EQ(test::contents_of(directory / "err"), "");
}

TEST(Common, ReadsWholeInputs) {
  const test::TemporaryDirectory directory;
  std::ofstream(directory / "text", std::ios::binary) << std::string("a\0b\n", 4);
  EXPECT_EQ(read_input(directory / "text"), std::string("a\0b\n", 4));
}

TEST(Common, CachesWhereTheSystemSays) {
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(default_cache_directory(), "/somewhere/sequent");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(default_cache_directory(), "/home/someone/.cache/sequent");
}

}  // namespace
}  // namespace sequent
