#include "sequent/train/config.h"

#include <utility>

#include "sequent/base/error.h"

namespace sequent {

std::vector<Field> TrainConfig::fields() {
  std::vector<Field> all = {
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
      {"context", "tokens of a training sequence (span-corruption: of the encoder's input)", &context},
      {"batch", "sequences of a forward pass", &batch},
      {"accumulate", "forward passes of a step, whose gradients are averaged", &accumulate},
      {"tbptt", "truncated back-propagation through time: carry states along each document", &tbptt},
      {"min_lr", "lowest learning rate, as a fraction of the highest", &min_lr},
      {"schedule", "constant, linear, cosine or wsd (warm-up, stable, decay)", &schedule},
      {"decay", "fraction of the steps that decay at the end (wsd)", &decay},
      {"dropout", "on the embedding and on what each layer adds", &dropout},
      {"eval_tokens", "held-out tokens of a validation during training (0: all)", &eval_tokens},
      {"sample_every", "steps between text samples (0: none)", &sample_every},
  };
  const std::vector<Field> run = run_fields();
  all.insert(all.end(), run.begin(), run.end());
  return all;
}

void TrainConfig::validate() const {
  check(!data.empty(), "data: no text was given; use --data FILE or DIRECTORY");
  validate_run();
  for (const auto& [name, value] : {std::pair<std::string_view, std::int64_t>{"params", params},
                                    {"layers", layers},
                                    {"width", width},
                                    {"heads", heads},
                                    {"key_value_heads", key_value_heads},
                                    {"feed_forward", feed_forward},
                                    {"state", state},
                                    {"experts", experts},
                                    {"experts_per_token", experts_per_token},
                                    {"eval_tokens", eval_tokens},
                                    {"sample_every", sample_every}}) {
    check_at_least(name, value, std::int64_t{0});
  }
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::int64_t>{"context", context}, {"batch", batch}, {"accumulate", accumulate}}) {
    check_at_least(name, value, std::int64_t{1});
  }
  check_fraction("held_out", held_out);
  check_fraction("dropout", dropout);
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

}  // namespace sequent
