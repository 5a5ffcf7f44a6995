#include "sequent/models/video_predictor.h"

#include <array>
#include <numeric>

#include "sequent/base/error.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/rows.h"

namespace sequent {
namespace {

Linear projection(std::int64_t inputs, std::int64_t outputs, float deviation, const ParameterScope& scope) {
  return {inputs, outputs, {.bias = true, .weight = initialize::normal(deviation)}, scope};
}

// Each context with the targets predicted from it as one sequence.
struct Joined {
  Segments segments;
  std::vector<std::int32_t> ids;   // of the tokens in the order of the sequences
  std::vector<std::int32_t> rows;  // where they lie in all contexts followed by all targets
  TokenRows targets;               // where the targets lie among the sequences
};

Joined join(const TokenSets& contexts, const TokenSets& targets) {
  Joined joined;
  std::vector<std::int64_t> lengths;
  const auto append = [&](const TokenSets& sets, std::int64_t set, std::int64_t first_row) {
    const std::span<const std::int32_t> ids = sets.of(set);
    joined.ids.insert(joined.ids.end(), ids.begin(), ids.end());
    for (std::int64_t at = sets.segments.begin(set); at < sets.segments.end(set); ++at) {
      joined.rows.push_back(static_cast<std::int32_t>(first_row + at));
    }
  };
  for (std::int64_t set = 0; set < contexts.count(); ++set) {
    append(contexts, set, 0);
    const auto from = static_cast<std::int32_t>(joined.ids.size());
    append(targets, set, contexts.segments.tokens());
    std::vector<std::int32_t>& places = joined.targets.rows;
    places.resize(places.size() + static_cast<std::size_t>(targets.segments.length(set)));
    std::iota(places.end() - targets.segments.length(set), places.end(), from);
    lengths.push_back(contexts.segments.length(set) + targets.segments.length(set));
  }
  joined.segments = Segments::of_lengths(lengths);
  joined.targets.segments = targets.segments;
  return joined;
}

}  // namespace

std::vector<Field> VideoPredictorConfig::fields() {
  return {{"mask_tokens", &mask_tokens}, descriptive("zero_mask_tokens", &zero_mask_tokens)};
}

void VideoPredictorConfig::validate() const {
  blocks.validate("video predictor");
  check(mask_tokens > 0, "video predictor: there must be mask tokens, got {}", mask_tokens);
}

VideoPredictor::VideoPredictor(const VideoPredictorConfig& config, const VisionTransformerConfig& encoder,
                               std::int64_t outputs, const ParameterScope& scope)
    : config_((config.validate(), config)),
      input_projection_(projection(encoder.blocks.width, config.blocks.width, config.blocks.weight_deviation,
                                   scope("input_projection"))),
      mask_tokens_(scope.parameter(
          "mask_tokens", {config.mask_tokens, 1, 1, config.blocks.width},
          config.zero_mask_tokens ? initialize::constant(0.0f) : initialize::normal(config.blocks.weight_deviation),
          /*decay=*/true)),
      places_(encoder, config.blocks.width, config.blocks.width / config.blocks.heads),
      blocks_(config.blocks, "predictor", scope),
      final_norm_(config.blocks.width, config.blocks.norm_epsilon, scope("final_norm")),
      output_projection_(
          projection(config.blocks.width, outputs, config.blocks.weight_deviation, scope("output_projection"))) {}

Var VideoPredictor::forward(const Var& encoded, const TokenSets& contexts, const TokenSets& targets,
                            std::span<const std::int64_t> mask_tokens, const TokenGrid& grid,
                            const VisionOptions& options) const {
  check_token_sets("video predictor", contexts, grid);
  check_token_sets("video predictor", targets, grid);
  check(contexts.count() == targets.count() && static_cast<std::int64_t>(mask_tokens.size()) == targets.count(),
        "video predictor: there must be as many contexts as targets and mask tokens, got {}, {} and {}",
        contexts.count(), targets.count(), mask_tokens.size());
  std::vector<std::int32_t> mask_ids;
  for (std::int64_t set = 0; set < targets.count(); ++set) {
    const std::int64_t token = mask_tokens[static_cast<std::size_t>(set)];
    check(token >= 0, "video predictor: mask tokens must not be negative, got {}", token);
    mask_ids.insert(mask_ids.end(), static_cast<std::size_t>(targets.segments.length(set)),
                    static_cast<std::int32_t>(token % config_.mask_tokens));
  }
  const Joined joined = join(contexts, targets);
  const std::array parts = {input_projection_(encoded), embedding(mask_ids, mask_tokens_)};
  Var x = places_.add_to(embedding(joined.rows, concat_rows(parts)), joined.ids, grid);
  if (options.observe) options.observe("predictor.input", x.value());
  const std::unique_ptr<GridRotation> rotation = places_.rotation(joined.ids, grid);
  x = blocks_.forward(x, joined.segments, joined.targets, rotation.get(), options);
  const Var predicted = output_projection_(final_norm_(x));
  if (options.observe) options.observe("predictor.output", predicted.value());
  return predicted;
}

}  // namespace sequent
