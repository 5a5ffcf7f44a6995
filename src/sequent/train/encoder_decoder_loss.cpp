#include "sequent/train/encoder_decoder_loss.h"

#include <utility>

#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/elementwise.h"

namespace sequent {

EncoderDecoderLoss encoder_decoder_loss(const EncoderDecoder& model, const EncoderDecoderBatch& batch,
                                        ForwardOptions options) {
  EncoderDecoderLoss result;
  std::vector<Routing> decoder_routing;
  options.routing = &result.routing;
  const Var encoded = model.encode(batch.encoder_ids, batch.encoder_segments, options);
  options.routing = &decoder_routing;
  const Var decoded = model.decode(batch.decoder_ids, batch.decoder_segments, encoded, batch.encoder_segments, options);
  const ProjectedCrossEntropy entropy = projected_cross_entropy(decoded, model.projection(), batch.targets);
  result.entropy = result.total = entropy.loss;
  result.token_losses = entropy.token_losses;
  const MixtureConfig& mixture = model.config().channel_mixer.mixture;
  for (const Var& routers : {routing_loss(result.routing, mixture, batch.encoder_segments),
                             routing_loss(decoder_routing, mixture, batch.decoder_segments)}) {
    if (routers.defined()) result.total = add(result.total, routers);
  }
  result.routing.insert(result.routing.end(), decoder_routing.begin(), decoder_routing.end());
  return result;
}

}  // namespace sequent
