// sequent inspect: what a model is, from its configuration and the names in its files; no weight is read.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "sequent/base/units.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/verbs.h"
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
  LanguageModelConfig config;
  std::int64_t parameters;
  std::int64_t active_parameters;
  std::int64_t context;
  std::int64_t state_bytes;
  std::int64_t growing_state_bytes;
  std::int64_t state_bytes_per_token;
  std::int64_t layers_with_growing_state = 0;
  nlohmann::json tensors = nlohmann::json::array();
};

Facts facts_of(const Flags& flags) {
  const bool configuration_only = std::filesystem::is_regular_file(flags.model);
  const std::filesystem::path path =
      configuration_only ? std::filesystem::path(flags.model) : find_model_directory(flags.model);
  const LanguageModelConfig config =
      (configuration_only ? read_config_file(path) : read_model_description(path)).config;
  const LanguageModel model(config, *shapes_only());
  const std::int64_t element_bytes = flags.state_dtype == "f32" ? 4 : 2;
  const std::int64_t context = flags.context > 0    ? flags.context
                               : config.context > 0 ? config.context
                                                    : kDefaultContext;
  Facts facts = {.path = path.string(),
                 .config = config,
                 .parameters = model.parameters().count(),
                 .active_parameters = model.active_parameters(),
                 .context = context,
                 .state_bytes = model.state_bytes(context, element_bytes),
                 .growing_state_bytes = model.growing_state_bytes(context, element_bytes),
                 .state_bytes_per_token =
                     model.state_bytes(context + 1, element_bytes) - model.state_bytes(context, element_bytes)};
  for (std::size_t i = 0; i < config.blocks.size(); ++i) facts.layers_with_growing_state += model.layer_state_grows(i);
  if (configuration_only) return facts;
  WeightSource weights = WeightSource::open(path.string());
  for (const std::string& name : weights.names()) {
    const Tensor tensor = weights.tensor(name);
    facts.tensors.push_back({{"name", name}, {"dtype", name_of(tensor.dtype())}, {"shape", tensor.shape().sizes()}});
  }
  return facts;
}

nlohmann::json json_of(const Facts& facts, const Flags& flags) {
  return {{"model", facts.path},
          {"architecture", facts.config.architecture},
          {"parameters", facts.parameters},
          {"active_parameters", facts.active_parameters},
          {"pattern", format_pattern(facts.config.blocks)},
          {"layers", facts.config.blocks.size()},
          {"layers_with_growing_state", facts.layers_with_growing_state},
          {"width", facts.config.width},
          {"vocabulary", facts.config.vocabulary},
          {"trained_context", facts.config.context},
          {"attention_window", facts.config.mixers.attention.window},
          {"context", facts.context},
          {"state_dtype", flags.state_dtype},
          {"state_bytes", facts.state_bytes},
          {"growing_state_bytes", facts.growing_state_bytes},
          {"constant_state_bytes", facts.state_bytes - facts.growing_state_bytes},
          {"state_bytes_per_token", facts.state_bytes_per_token},
          {"tensors", facts.tensors}};
}

void print(const Facts& facts, const Flags& flags) {
  const auto count = [](std::int64_t n) { return format_count(static_cast<double>(n)); };
  const auto bytes = [](std::int64_t n) { return format_bytes(static_cast<double>(n)); };
  write_out(fmt::format("model          {}\n", facts.path));
  write_out(fmt::format("architecture   {}\n", facts.config.architecture));
  write_out(fmt::format("parameters     {} ({}), {}\n", count(facts.parameters), facts.parameters,
                        facts.active_parameters == facts.parameters
                            ? "all active"
                            : fmt::format("{} active for a token", count(facts.active_parameters))));
  write_out(fmt::format("blocks         {}\n", format_pattern(facts.config.blocks)));
  write_out(fmt::format("width          {}\n", facts.config.width));
  write_out(fmt::format("vocabulary     {}{}\n", facts.config.vocabulary,
                        facts.config.tied ? ", input and output share their matrix" : ""));
  write_out(fmt::format("context        {}\n", facts.config.context > 0
                                                   ? fmt::format("trained on {} tokens", facts.config.context)
                                                   : "unknown"));
  if (const std::int64_t window = facts.config.mixers.attention.window; window > 0) {
    write_out(fmt::format("window         attention of {} tokens: longer sequences are refused\n", window));
  }
  write_out(fmt::format("state          {} for a sequence of {} tokens in {}, ", bytes(facts.state_bytes),
                        facts.context, flags.state_dtype));
  write_out(facts.state_bytes_per_token > 0
                ? fmt::format("{} more for each further token\n", bytes(facts.state_bytes_per_token))
                : "whatever its length\n");
  write_out(fmt::format("               {} of keys and values, {} of fixed size\n", bytes(facts.growing_state_bytes),
                        bytes(facts.state_bytes - facts.growing_state_bytes)));
  if (!flags.tensors) return;
  write_out(fmt::format("tensors        {}\n", facts.tensors.size()));
  for (const nlohmann::json& tensor : facts.tensors) {
    write_out(fmt::format("  {:<56} {:<5} {}\n", tensor["name"].get<std::string>(), tensor["dtype"].get<std::string>(),
                          tensor["shape"].dump()));
  }
}

}  // namespace

int run_inspect(int argc, char** argv) {
  CLI::App app("What a model is: architecture, parameters, and how large its state gets.", "sequent inspect");
  Flags flags;
  CommonFlags common(app);
  app.add_option("MODEL", flags.model, "model directory, run directory, or a config.json by itself")->required();
  app.add_option("--context", flags.context, "size of the state after so many tokens; 0: as trained, or 2048")
      ->check(not_negative_integer());
  app.add_option("--state-dtype", flags.state_dtype, "type that the state is counted in")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}));
  app.add_flag("--tensors", flags.tensors, "also list the tensors in the files");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const Facts facts = facts_of(flags);
  if (common.json()) {
    write_json(json_of(facts, flags));
  } else {
    print(facts, flags);
  }
  return 0;
}

}  // namespace sequent
