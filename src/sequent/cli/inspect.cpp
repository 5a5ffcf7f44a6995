// sequent inspect: what a model is, from its configuration and the names in its files, and what is in files of which
// nothing else is known; no weight is read.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/units.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/tensor_table.h"
#include "sequent/cli/verbs.h"
#include "sequent/models/gguf_model.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

constexpr std::int64_t kDefaultContext = 2048;

struct Flags {
  std::string model;
  std::int64_t context = 0;
  std::string state_dtype = "f32";
  bool tensors = false;
};

struct Facts {
  std::string path;
  std::string architecture;
  std::string pattern;
  std::int64_t parameters;
  std::int64_t active_parameters;
  std::int64_t layers;
  std::int64_t width;
  std::int64_t vocabulary;
  bool tied;
  std::int64_t trained_context;
  std::int64_t window = 0;  // of attention; 0: none
  std::int64_t context;
  std::int64_t state_bytes;
  std::int64_t growing_state_bytes;
  std::int64_t state_bytes_per_token;
  std::int64_t layers_with_growing_state = 0;
};

std::int64_t context_of(const Flags& flags, std::int64_t trained) {
  return flags.context > 0 ? flags.context : trained > 0 ? trained : kDefaultContext;
}

Facts facts_of(const LanguageModelConfig& config, const Flags& flags, std::int64_t element_bytes) {
  const LanguageModel model(config, *shapes_only());
  const std::int64_t context = context_of(flags, config.context);
  Facts facts = {.path = {},
                 .architecture = config.architecture,
                 .pattern = format_pattern(config.blocks),
                 .parameters = model.parameters().count(),
                 .active_parameters = model.active_parameters(),
                 .layers = static_cast<std::int64_t>(config.blocks.size()),
                 .width = config.width,
                 .vocabulary = config.vocabulary,
                 .tied = config.tied,
                 .trained_context = config.context,
                 .window = config.mixers.attention.window,
                 .context = context,
                 .state_bytes = model.state_bytes(context, element_bytes),
                 .growing_state_bytes = model.growing_state_bytes(context, element_bytes),
                 .state_bytes_per_token =
                     model.state_bytes(context + 1, element_bytes) - model.state_bytes(context, element_bytes)};
  for (std::size_t i = 0; i < config.blocks.size(); ++i) facts.layers_with_growing_state += model.layer_state_grows(i);
  return facts;
}

// A stack of an encoder-decoder as blocks.
std::string stack_text(const std::vector<std::string>& channel_mixers) {
  std::vector<BlockConfig> blocks;
  for (const std::string& channel_mixer : channel_mixers) blocks.push_back({"attention", channel_mixer});
  return format_pattern(blocks);
}

// The state is the decoder's, of an input and an answer of `context` tokens each.
Facts facts_of(const EncoderDecoderDescription& description, const Flags& flags, std::int64_t element_bytes) {
  const EncoderDecoderConfig& config = description.config;
  const EncoderDecoder model(config, *shapes_only());
  const std::int64_t context = context_of(flags, config.context);
  const std::int64_t bytes = model.state_bytes(context, context, element_bytes);
  return {.path = {},
          .architecture = std::string(description.family->name),
          .pattern =
              "encoder " + stack_text(config.encoder) + ", decoder with cross-attention " + stack_text(config.decoder),
          .parameters = model.parameters().count(),
          .active_parameters = model.active_parameters(),
          .layers = static_cast<std::int64_t>(config.encoder.size() + config.decoder.size()),
          .width = config.width,
          .vocabulary = config.vocabulary,
          .tied = config.tied,
          .trained_context = config.context,
          .context = context,
          .state_bytes = bytes,
          .growing_state_bytes = bytes,
          .state_bytes_per_token = model.state_bytes(context, context + 1, element_bytes) - bytes,
          .layers_with_growing_state = static_cast<std::int64_t>(config.decoder.size())};
}

bool is_config_file(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path) && path.extension() == ".json";
}

// Of a model directory, a GGUF file, or a config.json by itself.
Facts facts_of(const std::filesystem::path& path, const Flags& flags) {
  const std::int64_t element_bytes = flags.state_dtype == "f32" ? 4 : 2;
  Facts facts = is_config_file(path)          ? facts_of(read_config_file(path).config, flags, element_bytes)
                : holds_encoder_decoder(path) ? facts_of(read_encoder_decoder_description(path), flags, element_bytes)
                                              : facts_of(read_model_description(path).config, flags, element_bytes);
  facts.path = path.string();
  return facts;
}

// What stands in a path: a model, files of tensors, or both; of a model that is not known, why not.
struct Findings {
  std::string path;
  std::optional<Facts> model;
  std::string refusal;
  nlohmann::json files;  // null where there are none
  nlohmann::json tensors = nlohmann::json::array();
};

Findings find(const Flags& flags) {
  namespace fs = std::filesystem;
  check(fs::exists(flags.model), "model: {} does not exist", flags.model);
  Findings found = {.path = flags.model, .model = {}, .refusal = {}, .files = {}};
  try {
    fs::path path = flags.model;
    if (fs::is_directory(path)) path = find_model_directory(path);
    found.path = path.string();
    if (fs::is_directory(path) || is_config_file(path) || holds_gguf(path)) found.model = facts_of(path, flags);
    if (is_config_file(path)) return found;
  } catch (const Error& error) {
    found.refusal = error.what();
  }
  try {
    const WeightSource weights = WeightSource::open(found.path);
    found.files = facts_of_files(weights);
    found.tensors = tensor_table(weights);
  } catch (const Error&) {
    // Where neither a model nor its files can be read, the model's refusal says more.
    if (found.refusal.empty()) throw;
    throw Error(found.refusal);
  }
  return found;
}

nlohmann::json json_of(const Facts& facts, const Flags& flags) {
  return {{"model", facts.path},
          {"architecture", facts.architecture},
          {"parameters", facts.parameters},
          {"active_parameters", facts.active_parameters},
          {"pattern", facts.pattern},
          {"layers", facts.layers},
          {"layers_with_growing_state", facts.layers_with_growing_state},
          {"width", facts.width},
          {"vocabulary", facts.vocabulary},
          {"trained_context", facts.trained_context},
          {"attention_window", facts.window},
          {"context", facts.context},
          {"state_dtype", flags.state_dtype},
          {"state_bytes", facts.state_bytes},
          {"growing_state_bytes", facts.growing_state_bytes},
          {"constant_state_bytes", facts.state_bytes - facts.growing_state_bytes},
          {"state_bytes_per_token", facts.state_bytes_per_token}};
}

nlohmann::json json_of(const Findings& found, const Flags& flags) {
  nlohmann::json json = found.model ? json_of(*found.model, flags) : nlohmann::json{{"model", found.path}};
  if (!found.refusal.empty()) json["unknown_because"] = found.refusal;
  if (found.files.is_object()) json.update(found.files);
  json["tensors"] = found.tensors;
  return json;
}

void print(const Facts& facts, const Flags& flags) {
  const auto count = [](std::int64_t n) { return format_count(static_cast<double>(n)); };
  const auto bytes = [](std::int64_t n) { return format_bytes(static_cast<double>(n)); };
  write_out(fmt::format("model          {}\n", facts.path));
  write_out(fmt::format("architecture   {}\n", facts.architecture));
  write_out(fmt::format("parameters     {} ({}), {}\n", count(facts.parameters), facts.parameters,
                        facts.active_parameters == facts.parameters
                            ? "all active"
                            : fmt::format("{} active for a token", count(facts.active_parameters))));
  write_out(fmt::format("blocks         {}\n", facts.pattern));
  write_out(fmt::format("width          {}\n", facts.width));
  write_out(fmt::format("vocabulary     {}{}\n", facts.vocabulary,
                        facts.tied ? ", input and output share their matrix" : ""));
  write_out(fmt::format("context        {}\n", facts.trained_context > 0
                                                   ? fmt::format("trained on {} tokens", facts.trained_context)
                                                   : "unknown"));
  if (facts.window > 0) {
    write_out(fmt::format("window         attention of {} tokens: longer sequences are refused\n", facts.window));
  }
  write_out(fmt::format("state          {} for a sequence of {} tokens in {}, ", bytes(facts.state_bytes),
                        facts.context, flags.state_dtype));
  write_out(facts.state_bytes_per_token > 0
                ? fmt::format("{} more for each further token\n", bytes(facts.state_bytes_per_token))
                : "whatever its length\n");
  write_out(fmt::format("               {} of keys and values, {} of fixed size\n", bytes(facts.growing_state_bytes),
                        bytes(facts.state_bytes - facts.growing_state_bytes)));
}

void print(const Findings& found, const Flags& flags) {
  if (found.model) {
    print(*found.model, flags);
  } else {
    write_out(fmt::format("path           {}\n", found.path));
  }
  if (!found.refusal.empty()) write_out(fmt::format("model          unknown: {}\n", found.refusal));
  // All there is to say of files alone are their tensors.
  if (found.files.is_object()) print_files(found.files, found.tensors, flags.tensors || !found.model);
}

}  // namespace

int run_inspect(int argc, char** argv) {
  CLI::App app("What a model is: architecture, parameters, and how large its state gets.", "sequent inspect");
  Flags flags;
  CommonFlags common(app);
  app.add_option("MODEL", flags.model,
                 "model directory, run directory, a file of tensors in any format, or a config.json by itself")
      ->required();
  app.add_option("--context", flags.context, "size of the state after so many tokens; 0: as trained, or 2048")
      ->check(not_negative_integer());
  app.add_option("--state-dtype", flags.state_dtype, "type that the state is counted in")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}));
  app.add_flag("--tensors", flags.tensors, "also list the tensors in the files");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const Findings found = find(flags);
  if (common.json()) {
    write_json(json_of(found, flags));
  } else {
    print(found, flags);
  }
  return 0;
}

}  // namespace sequent
