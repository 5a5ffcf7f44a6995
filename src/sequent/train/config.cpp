#include "sequent/train/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "sequent/base/error.h"

namespace sequent {
namespace {

std::string text_of(const toml::node& node, std::string_view file, std::string_view key) {
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return std::to_string(value->get());
  if (const auto* value = node.as_floating_point()) return fmt::format("{}", value->get());
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  fail("{}: {} must be a string, a number or a truth value", file, key);
}

void set_from_toml(const Field& field, const toml::node& node, std::string_view file) {
  auto* const* list = std::get_if<std::vector<std::string>*>(&field.value);
  if (const auto* array = node.as_array(); array && list) {
    (*list)->clear();
    for (const toml::node& item : *array) (*list)->push_back(text_of(item, file, field.name));
    return;
  }
  set_field(field, text_of(node, file, field.name));
}

}  // namespace

std::vector<Field> TrainConfig::fields() {
  return {
      {"arch", "architecture of a new model", &arch},
      {"pattern", "its blocks, e.g. \"3*mamba/none attention/glu\", repeated to fill `layers` (empty: by arch)",
       &pattern},
      {"params", "aim for about this many parameters, e.g. 1M (0: by layers and width)", &params},
      {"layers", "number of blocks (0: by size)", &layers},
      {"width", "channels of the residual stream (0: by size)", &width},
      {"heads", "attention heads (0: by width)", &heads},
      {"key_value_heads", "heads of keys and values, for grouped queries (0: as many as heads)", &key_value_heads},
      {"feed_forward", "hidden width of the channel mixer (0: 8/3 of the width)", &feed_forward},
      {"state", "state-space states per channel (0: 16)", &state},
      {"experts", "experts of a mixture (0: 8)", &experts},
      {"experts_per_token", "experts that a token is sent to (0: by architecture)", &experts_per_token},
      {"capacity_factor", "tokens an expert takes in training, in even shares (0: all; negative: by architecture)",
       &capacity_factor},
      {"eval_capacity_factor", "the same in validation and generation", &eval_capacity_factor},
      {"balance_loss", "coefficient of the routers' balance loss (negative: by architecture)", &balance_loss},
      {"router_z_loss", "coefficient of the routers' z-loss (negative: by architecture)", &router_z_loss},
      {"jitter", "noise on the routers' input in training (negative: by architecture)", &jitter},
      {"expert_dropout", "inside the experts (negative: by architecture)", &expert_dropout},
      {"init_from", "start from this model instead of fresh weights", &init_from},
      {"objective", "causal, or span-corruption for encoder-decoders (empty: what the architecture is for)",
       &objective},
      {"data", "files or directories of plain text, or JSON lines with a 'text' field", &data},
      {"tokenizer", "'byte', or a tokenizer.json or model directory", &tokenizer},
      {"held_out", "last fraction of the data kept for validation", &held_out},
      {"cache", "directory of tokenised data (empty: OUT/cache)", &cache},
      {"out", "run directory", &out},
      {"context", "tokens of a training sequence (span-corruption: of the encoder's input)", &context},
      {"batch", "sequences of a forward pass", &batch},
      {"accumulate", "forward passes of a step, whose gradients are averaged", &accumulate},
      {"steps", "optimizer steps (0: as many as fit into `minutes`)", &steps},
      {"minutes", "about how long to train when `steps` is 0", &minutes},
      {"seed", "of weights, data order and dropout", &seed},
      {"tbptt", "truncated back-propagation through time: carry states along each document", &tbptt},
      {"recompute", "activation checkpointing: less memory, about a third more time", &recompute},
      {"lr", "highest learning rate", &lr},
      {"min_lr", "lowest learning rate, as a fraction of the highest", &min_lr},
      {"schedule", "constant, linear, cosine or wsd (warm-up, stable, decay)", &schedule},
      {"warmup", "steps of linear warm-up", &warmup},
      {"decay", "fraction of the steps that decay at the end (wsd)", &decay},
      {"weight_decay", "decoupled weight decay; biases, norms, A_log and D are exempt", &weight_decay},
      {"beta1", "AdamW: decay of the mean of gradients", &beta1},
      {"beta2", "AdamW: decay of the mean of their squares", &beta2},
      {"epsilon", "AdamW: added to the denominator", &epsilon},
      {"clip", "largest norm of the gradient (0: no clipping)", &clip},
      {"dropout", "on the embedding and on what each layer adds", &dropout},
      {"log_every", "steps between lines of metrics", &log_every},
      {"eval_every", "steps between validations (0: ten in a run)", &eval_every},
      {"eval_tokens", "held-out tokens of a validation during training (0: all)", &eval_tokens},
      {"sample_every", "steps between text samples (0: none)", &sample_every},
      {"save_every", "steps between checkpoints (0: as validations)", &save_every},
      {"keep", "newest checkpoints kept, beside the best", &keep},
  };
}

void TrainConfig::validate() const {
  const auto at_least = [](std::string_view name, auto value, auto low) {
    check(value >= low, "{}: must be at least {}, got {}", name, low, value);
  };
  const auto fraction = [](std::string_view name, double value) {
    check(value >= 0 && value < 1, "{}: must be at least 0 and below 1, got {}", name, value);
  };
  check(!data.empty(), "data: no text was given; use --data FILE or DIRECTORY");
  check(!out.empty(), "out: no run directory was given; use --out DIRECTORY");
  check(steps > 0 || minutes > 0, "steps: give the length of the run with --steps N or --minutes M");
  for (const auto& [name, value] : {std::pair<std::string_view, std::int64_t>{"params", params},
                                    {"layers", layers},
                                    {"width", width},
                                    {"heads", heads},
                                    {"key_value_heads", key_value_heads},
                                    {"feed_forward", feed_forward},
                                    {"state", state},
                                    {"experts", experts},
                                    {"experts_per_token", experts_per_token},
                                    {"steps", steps},
                                    {"warmup", warmup},
                                    {"eval_every", eval_every},
                                    {"eval_tokens", eval_tokens},
                                    {"sample_every", sample_every},
                                    {"save_every", save_every}}) {
    at_least(name, value, std::int64_t{0});
  }
  for (const auto& [name, value] : {std::pair<std::string_view, std::int64_t>{"context", context},
                                    {"batch", batch},
                                    {"accumulate", accumulate},
                                    {"log_every", log_every},
                                    {"keep", keep}}) {
    at_least(name, value, std::int64_t{1});
  }
  for (const auto& [name, value] : {std::pair<std::string_view, double>{"minutes", minutes},
                                    {"lr", lr},
                                    {"weight_decay", weight_decay},
                                    {"clip", clip},
                                    {"epsilon", epsilon}}) {
    at_least(name, value, 0.0);
  }
  fraction("held_out", held_out);
  fraction("beta1", beta1);
  fraction("beta2", beta2);
  fraction("dropout", dropout);
  check(min_lr >= 0 && min_lr <= 1, "min_lr: must be from 0 to 1, got {}", min_lr);
  check(decay >= 0 && decay <= 1, "decay: must be from 0 to 1, got {}", decay);
}

Dimensions TrainConfig::dimensions(std::int64_t vocabulary, std::int64_t end_of_text) const {
  return {.parameters = params,
          .layers = layers,
          .width = width,
          .heads = heads,
          .key_value_heads = key_value_heads,
          .feed_forward = feed_forward,
          .state = state,
          .vocabulary = vocabulary,
          .context = context,
          .end_of_text = end_of_text,
          .experts = experts,
          .experts_per_token = experts_per_token,
          .capacity_factor = capacity_factor,
          .eval_capacity_factor = eval_capacity_factor,
          .balance_loss = balance_loss,
          .router_z_loss = router_z_loss,
          .jitter = jitter,
          .expert_dropout = expert_dropout,
          .pattern = pattern};
}

void read_toml(TrainConfig& config, std::string_view text, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail("{}: line {}: {}", file, error.source().begin.line, error.description());
  }
  const std::vector<Field> fields = config.fields();
  for (const auto& [key, node] : table) {
    try {
      set_from_toml(find_field(fields, key.str()), node, file);
    } catch (const Error& error) {
      fail("{}: {}", file, error.what());
    }
  }
}

void apply_override(TrainConfig& config, std::string_view text) {
  const std::size_t equals = text.find('=');
  check(equals != std::string_view::npos && equals > 0, "'{}' is not of the form key=value", text);
  set_field(find_field(config.fields(), text.substr(0, equals)), text.substr(equals + 1));
}

}  // namespace sequent
