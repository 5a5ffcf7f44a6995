// The loss of an encoder-decoder on a batch.
#pragma once

#include <vector>

#include "sequent/models/encoder_decoder.h"
#include "sequent/text/span_batches.h"

namespace sequent {

struct EncoderDecoderLoss {
  Var entropy;  // mean cross-entropy over the targets
  Var total;    // with the losses of the routers of both stacks, each by itself, as MixtureConfig says
  Tensor token_losses;
  std::vector<Routing> routing;  // of both stacks
};

EncoderDecoderLoss encoder_decoder_loss(const EncoderDecoder& model, const EncoderDecoderBatch& batch,
                                        ForwardOptions options);

}  // namespace sequent
