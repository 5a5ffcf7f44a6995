// sequent convert: a model in another format or another type of weights.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/progress.h"
#include "sequent/base/units.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/cli/common.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/gguf_tokenizer.h"
#include "sequent/infer/text_of_model.h"
#include "sequent/models/gguf_model.h"
#include "sequent/models/vjepa_directory.h"
#include "sequent/text/corpus.h"
#include "sequent/text/dataset.h"
#include "sequent/train/evaluate.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::array<DType, 6> kTypes = {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k};

struct Flags {
  std::string from;
  std::string to;
  std::string format = "gguf";
  std::string dtype = "f32";
  std::vector<fs::path> text;
  std::string cache;
};

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const DType type : kTypes) names.emplace_back(name_of(type));
  return names;
}

DType type_named(const std::string& name) {
  return *std::find_if(kTypes.begin(), kTypes.end(), [&](DType type) { return name_of(type) == name; });
}

// Of the files with the weights: a checkpoint of a run holds the optimizer's state besides.
std::int64_t bytes_of_weights(const fs::path& path) {
  std::int64_t bytes = 0;
  const WeightSource weights = WeightSource::open(path.string());
  for (const TensorFile& file : weights.files()) bytes += static_cast<std::int64_t>(fs::file_size(file.path()));
  return bytes;
}

void write_gguf(const OpenedModel& opened, const Flags& flags, bool terminal) {
  const LanguageModel& model = *opened.loaded.model;
  GgufOptions options = {.dtype = type_named(flags.dtype),
                         .values = gguf_tokenizer_values(opened.tokenizer, model.config().vocabulary)};
  if (const auto chat = chat_template_of_model(opened.directory, opened.tokenizer)) {
    options.values.emplace_back("tokenizer.chat_template", chat->source);
  }
  std::unique_ptr<Progress> bar;
  if (terminal) {
    options.progress = [&](std::int64_t done, std::int64_t total) {
      if (!bar) bar = std::make_unique<Progress>(stderr, "convert", total);
      bar->update(done);
    };
  }
  save_gguf_model(flags.to, model, options);
}

const Layout& state_spaces_layout(const LanguageModelConfig& config) {
  // It has no place for this; the tokenizer says where a text ends.
  LanguageModelConfig function = config;
  function.end_of_text = -1;
  for (const Layout* layout : {&kMambaStateSpaces, &kMamba2StateSpaces}) {
    if (holds(*layout, function)) return *layout;
  }
  fail("convert: the layout state-spaces has no such model ({}), only Mamba and Mamba-2", config.architecture);
}

// The directory takes its name when everything is in it.
template <class Write>
void write_new_directory(const std::string& to, const Write& write) {
  const fs::path target = fs::absolute(to).lexically_normal();
  const fs::path directory = target.parent_path() / (std::string(kTemporaryPrefix) + target.filename().string());
  check(!fs::exists(target), "convert: {} exists already", to);
  make_directories(directory.string());
  write(directory);
  replace_directory(directory.string(), target.string());
}

void write_directory(const OpenedModel& opened, const Flags& flags) {
  check(!is_quantised(type_named(flags.dtype)), "convert: {} is for gguf, not for {}", flags.dtype, flags.format);
  write_new_directory(flags.to, [&](const fs::path& directory) {
    const LanguageModelConfig& config = opened.loaded.model->config();
    save_model(directory, *opened.loaded.model, flags.format == "hf" ? layout_for(config) : state_spaces_layout(config),
               type_named(flags.dtype));
    opened.tokenizer.save(directory);
    // In a file of its own it is not in the tokenizer's configuration.
    const fs::path chat_template = opened.directory / "chat_template.jinja";
    if (fs::exists(chat_template)) fs::copy_file(chat_template, directory / chat_template.filename());
  });
}

// The mean loss as a perplexity, over windows as `eval` has them.
double perplexity_of(const LanguageModel& model, const Tokenizer& tokenizer, const Flags& flags) {
  constexpr std::int64_t kContext = 512;
  const fs::path cache = flags.cache.empty() ? default_cache_directory() : fs::path(flags.cache);
  const TokenDataset data = TokenDataset::open(Corpus(flags.text), tokenizer, cache);
  const std::int64_t trained = model.config().context;
  return evaluate(model, data.all(), {.context = trained > 0 ? std::min(trained, kContext) : kContext}).perplexity();
}

// V-JEPA in one file, as its original code saves its training; V-JEPA 2 as a directory, with a classifier if it has
// one.
void write_video_model(const fs::path& model, const Flags& flags) {
  const bool first = holds_vjepa(model) && read_vjepa_description(model).layout == &kVJepa;
  check(flags.format != "jepa" || first, "convert: the format jepa is for models of V-JEPA, and {} is none",
        flags.from);
  check(flags.format != "hf" || !first, "convert: the format hf has V-JEPA 2, and {} is the first V-JEPA: jepa",
        flags.from);
  check(flags.dtype == "f32" && flags.text.empty(), "convert: models of video take neither --dtype nor --eval");
  if (first) return save_vjepa_checkpoint(flags.to, *load_vjepa(model));
  write_new_directory(flags.to, [&](const fs::path& directory) {
    const auto whole = load_vjepa(model);
    if (!holds_video_classifier(model)) return save_vjepa(directory, *whole, kVJepa2);
    save_vjepa2_classifier(directory, *whole, *load_video_probe(model, whole->config().encoder));
  });
}

// Where the model to convert is, if it is one of video.
std::optional<fs::path> find_video_model(const Flags& flags) {
  if (flags.format == "jepa") {
    return fs::is_regular_file(flags.from) ? fs::path(flags.from) : find_model_directory(flags.from);
  }
  if (flags.format != "hf" || !fs::is_directory(flags.from)) return std::nullopt;
  const fs::path directory = find_model_directory(flags.from);
  return holds_vjepa(directory) ? std::optional(directory) : std::nullopt;
}

// Writes the model; returns where the old one lies, and the perplexities if there is a text.
nlohmann::json write_language_model(const Flags& flags, bool terminal) {
  const OpenedModel opened = open_model(flags.from);
  if (flags.format == "gguf") {
    write_gguf(opened, flags, terminal);
  } else {
    write_directory(opened, flags);
  }
  nlohmann::json result = {{"bytes_before", bytes_of_weights(opened.directory)}};
  if (!flags.text.empty()) {
    result["perplexity_before"] = perplexity_of(*opened.loaded.model, opened.tokenizer, flags);
    result["perplexity"] = perplexity_of(*load_model(flags.to).model, opened.tokenizer, flags);
  }
  return result;
}

}  // namespace

int run_convert(int argc, char** argv) {
  CLI::App app("A model in another format, or with its weights in another type.", "sequent convert");
  Flags flags;
  CommonFlags common(app);
  app.add_option("IN", flags.from, "model directory, run directory, GGUF file or checkpoint")->required();
  app.add_option("OUT", flags.to, "file (gguf, jepa) or new directory (hf, state-spaces) to write")->required();
  app.add_option("--to", flags.format,
                 "gguf; hf, as published; state-spaces, as the original code of Mamba; or jepa, as that of V-JEPA")
      ->check(CLI::IsMember({"gguf", "hf", "state-spaces", "jepa"}));
  app.add_option("--dtype", flags.dtype, "of the large matrices; q8_0, q4_0 and q4_k are for gguf")
      ->check(CLI::IsMember(type_names()));
  app.add_option("--eval", flags.text, "files or directories of text: perplexity before and after")
      ->type_name("PATH ...");
  app.add_option("--cache", flags.cache, "directory for the tokenised text; none: that of the user")->type_name("DIR");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  nlohmann::json result;
  if (const std::optional<fs::path> video = find_video_model(flags)) {
    write_video_model(*video, flags);
    result["bytes_before"] = bytes_of_weights(*video);
  } else {
    result = write_language_model(flags, common.terminal());
  }
  result["model"] = flags.to;
  result["format"] = flags.format;
  result["dtype"] = flags.dtype;
  result["bytes"] = bytes_of_weights(flags.to);
  if (common.json()) {
    write_json(result);
    return 0;
  }
  const auto bytes = [&](const char* key) { return format_bytes(result[key].get<double>()); };
  write_out(fmt::format("{} {} in {}: {}, was {}\n", flags.to, flags.format, flags.dtype, bytes("bytes"),
                        bytes("bytes_before")));
  if (result.contains("perplexity")) {
    write_out(fmt::format("perplexity     {:.4f}, was {:.4f}\n", result["perplexity"].get<double>(),
                          result["perplexity_before"].get<double>()));
  }
  return 0;
}

}  // namespace sequent
