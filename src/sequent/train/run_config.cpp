#include "sequent/train/run_config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "sequent/autograd/product_precision.h"
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

std::vector<Field> RunConfig::run_fields() {
  return {
      {"out", "run directory", &out},
      {"steps", "optimizer steps (0: as many as fit into `minutes`)", &steps},
      {"minutes", "about how long to train when `steps` is 0", &minutes},
      {"seed", "of weights, data order and all else that is drawn", &seed},
      {"recompute", "activation checkpointing: less memory, about a third more time", &recompute},
      {"precision",
       "of the operands of matrix products: f32, or bf16, mixed precision, faster on processors with AVX512-BF16",
       &precision},
      {"lr", "highest learning rate", &lr},
      {"warmup", "steps of linear warm-up", &warmup},
      {"weight_decay", "decoupled weight decay; biases, norms, A_log and D are exempt", &weight_decay},
      {"beta1", "AdamW: decay of the mean of gradients", &beta1},
      {"beta2", "AdamW: decay of the mean of their squares", &beta2},
      {"epsilon", "AdamW: added to the denominator", &epsilon},
      {"clip", "largest norm of the gradient (0: no clipping)", &clip},
      {"log_every", "steps between lines of metrics", &log_every},
      {"eval_every", "steps between validations (0: ten in a run)", &eval_every},
      {"save_every", "steps between checkpoints (0: as validations)", &save_every},
      {"keep", "newest checkpoints kept, beside the best", &keep},
  };
}

void check_at_least(std::string_view name, std::int64_t value, std::int64_t low) {
  check(value >= low, "{}: must be at least {}, got {}", name, low, value);
}

void check_at_least(std::string_view name, double value, double low) {
  check(value >= low, "{}: must be at least {}, got {}", name, low, value);
}

void check_fraction(std::string_view name, double value) {
  check(value >= 0 && value < 1, "{}: must be at least 0 and below 1, got {}", name, value);
}

void RunConfig::validate_run() const {
  check(!out.empty(), "out: no run directory was given; use --out DIRECTORY");
  check(steps > 0 || minutes > 0, "steps: give the length of the run with --steps N or --minutes M");
  for (const auto& [name, value] : {std::pair<std::string_view, std::int64_t>{"steps", steps},
                                    {"warmup", warmup},
                                    {"eval_every", eval_every},
                                    {"save_every", save_every}}) {
    check_at_least(name, value, std::int64_t{0});
  }
  product_precision_of("precision", precision);
  check_at_least("log_every", log_every, std::int64_t{1});
  check_at_least("keep", keep, std::int64_t{1});
  for (const auto& [name, value] : {std::pair<std::string_view, double>{"minutes", minutes},
                                    {"lr", lr},
                                    {"weight_decay", weight_decay},
                                    {"clip", clip},
                                    {"epsilon", epsilon}}) {
    check_at_least(name, value, 0.0);
  }
  check_fraction("beta1", beta1);
  check_fraction("beta2", beta2);
}

void read_toml(const std::vector<Field>& fields, std::string_view text, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail("{}: line {}: {}", file, error.source().begin.line, error.description());
  }
  for (const auto& [key, node] : table) {
    try {
      set_from_toml(find_field(fields, key.str()), node, file);
    } catch (const Error& error) {
      fail("{}: {}", file, error.what());
    }
  }
}

void apply_override(const std::vector<Field>& fields, std::string_view text) {
  const std::size_t equals = text.find('=');
  check(equals != std::string_view::npos && equals > 0, "'{}' is not of the form key=value", text);
  set_field(find_field(fields, text.substr(0, equals)), text.substr(equals + 1));
}

}  // namespace sequent
