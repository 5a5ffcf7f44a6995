// sequent tokenizer: train one, and see what one does to a text.
#include "sequent/text/tokenizer.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/base/progress.h"
#include "sequent/base/stopwatch.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/verbs.h"
#include "sequent/text/bpe_trainer.h"
#include "sequent/text/corpus.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

Tokenizer load(const std::string& name) {
  if (name == "byte") return Tokenizer::bytes();
  return Tokenizer::load(fs::is_directory(name) && !Tokenizer::is_in(name) ? find_model_directory(name)
                                                                           : fs::path(name));
}

constexpr const char* kTokenizerHelp =
    "\"byte\", a tokenizer.json, spiece.model or tokenizer.model, or a directory with one (a model, a run)";

/// Calls use(value) for the lines of a text, each of which is JSON.
void for_each_json_line(const std::string& text, const std::function<void(const nlohmann::json&)>& use) {
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) use(parse_json(line, fmt::format("line {}", ++number)));
}

struct TrainFlags {
  std::vector<fs::path> data;
  std::string out;
  BpeTrainingOptions options;
};

std::function<void(const BpeTrainingProgress&)> show_on(std::unique_ptr<Progress>& bar) {
  return [&bar, merging = false](const BpeTrainingProgress& progress) mutable {
    if (!bar) bar = std::make_unique<Progress>(stderr, "count words", progress.bytes_total);
    if (progress.merges_done > 0 && !merging) {
      bar = std::make_unique<Progress>(stderr, "merge pairs", progress.merges_total);
      merging = true;
    }
    bar->update(merging ? progress.merges_done : progress.bytes_done);
  };
}

int train(TrainFlags& flags, const CommonFlags& common) {
  const Corpus corpus(flags.data);
  std::unique_ptr<Progress> bar;
  if (common.terminal()) flags.options.progress = show_on(bar);
  const Stopwatch watch;
  const Tokenizer tokenizer = train_bpe(corpus, flags.options);
  bar.reset();
  const double seconds = watch.seconds();
  const bool file = flags.out.ends_with(".json");
  if (!file) make_directories(flags.out);
  tokenizer.save(flags.out);
  const std::string path = file ? flags.out : (fs::path(flags.out) / "tokenizer.json").string();
  if (common.json()) {
    write_json({{"tokenizer", path},
                {"vocabulary", tokenizer.vocabulary_size()},
                {"bytes", corpus.bytes()},
                {"seconds", seconds}});
  } else {
    note("{}: {} tokens from {} of text in {}", path, tokenizer.vocabulary_size(),
         format_bytes(static_cast<double>(corpus.bytes())), format_duration(seconds));
  }
  return 0;
}

int run_train_tokenizer(int argc, char** argv) {
  CLI::App app("Trains a byte-level BPE tokenizer on text.", "sequent tokenizer train");
  TrainFlags flags;
  CommonFlags common(app);
  app.add_option("--data", flags.data, "files or directories of text")->required()->type_name("PATH ...");
  app.add_option("--out", flags.out, "directory, or .json file, to write")->required();
  app.add_option("--vocabulary", flags.options.vocabulary_size, "number of tokens")
      ->check(number<std::int64_t>("from 257 to 16777216", [](std::int64_t n) { return n >= 257 && n <= 1 << 24; }));
  app.add_option("--minimum-count", flags.options.minimum_count, "pairs that occur less often are not merged")
      ->check(positive_integer());
  if (const auto code = common.parse(app, argc, argv)) return *code;
  return train(flags, common);
}

int run_encode(int argc, char** argv) {
  CLI::App app("Prints the token ids of a text.", "sequent tokenizer encode");
  std::string name;
  std::string text;
  std::string file;
  bool special = false, prompt = false, lines = false;
  CommonFlags common(app);
  app.add_option("TOKENIZER", name, kTokenizerHelp)->required();
  auto* given = app.add_option("--text", text, "the text; none: from --file or stdin");
  app.add_option("--file", file, "file with the text")->excludes(given);
  app.add_flag("--special", special, "read special tokens such as <|endoftext|> in the text as such");
  app.add_flag("--prompt", prompt, "with the tokens that the model expects around a prompt");
  app.add_flag("--lines", lines, "each line is a text as a JSON string; prints a JSON array of ids for each");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const Tokenizer tokenizer = load(name);
  if (given->count() == 0) text = read_input(file.empty() ? "-" : file);
  const auto encode = [&](const std::string& each) {
    return prompt ? tokenizer.encode_prompt(each, special) : tokenizer.encode(each, special);
  };
  if (lines) {
    for_each_json_line(text, [&](const nlohmann::json& line) {
      check(line.is_string(), "each line must be a JSON string, got {}", line.type_name());
      write_out(nlohmann::json(encode(line.get<std::string>())).dump() + "\n");
    });
    return 0;
  }
  const std::vector<std::int32_t> ids = encode(text);
  if (common.json()) {
    write_json({{"ids", ids}, {"tokens", ids.size()}, {"bytes", text.size()}});
    return 0;
  }
  std::string line;
  for (const std::int32_t id : ids) line += fmt::format("{}{}", line.empty() ? "" : " ", id);
  write_out(line + "\n");
  return 0;
}

// Numbers with anything of ", [ ]" and white space between them.
std::vector<std::int32_t> parse_ids(const std::string& text) {
  std::vector<std::int32_t> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (std::isspace(static_cast<unsigned char>(*at)) || *at == ',' || *at == '[' || *at == ']') {
      ++at;
      continue;
    }
    std::int32_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    check(error == std::errc() && id >= 0, "an id must be an integer from 0 up, got '{}'",
          std::string(at, std::min<std::ptrdiff_t>(end - at, 20)));
    ids.push_back(id);
    at = next;
  }
  return ids;
}

int run_decode(int argc, char** argv) {
  CLI::App app("Prints the text of token ids.", "sequent tokenizer decode");
  std::string name;
  std::string text;
  std::string file;
  bool special = false, lines = false;
  CommonFlags common(app);
  app.add_option("TOKENIZER", name, kTokenizerHelp)->required();
  auto* given = app.add_option("--ids", text, "ids with spaces or commas between them; none: from --file or stdin");
  app.add_option("--file", file, "file with the ids")->excludes(given);
  app.add_flag("--special", special, "show special tokens");
  app.add_flag("--lines", lines, "each line is ids on their own; prints the text of each as a JSON string");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const Tokenizer tokenizer = load(name);
  if (given->count() == 0) text = read_input(file.empty() ? "-" : file);
  if (lines) {
    std::istringstream input(text);
    for (std::string line; std::getline(input, line);) {
      const std::string decoded = valid_utf8(tokenizer.decode(parse_ids(line), special));
      write_out(nlohmann::json(decoded).dump() + "\n");
    }
    return 0;
  }
  const std::vector<std::int32_t> ids = parse_ids(text);
  const std::string decoded = tokenizer.decode(ids, special);
  if (common.json()) {
    write_json({{"text", decoded}, {"tokens", ids.size()}});
  } else {
    write_out(decoded);
  }
  return 0;
}

constexpr std::array<Verb, 3> kVerbs = {{
    {"train", "train a byte-level BPE tokenizer on text", run_train_tokenizer},
    {"encode", "print the token ids of a text", run_encode},
    {"decode", "print the text of token ids", run_decode},
}};

}  // namespace

int run_tokenizer(int argc, char** argv) {
  return dispatch("sequent tokenizer", "Trains a tokenizer, encodes and decodes text.", kVerbs, argc, argv);
}

}  // namespace sequent
