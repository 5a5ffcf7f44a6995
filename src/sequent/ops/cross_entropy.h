// Cross-entropy of logits that are there, and fused with the output projection, in chunks of tokens: the whole [tokens,
// vocabulary] matrix of logits never exists.
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"

namespace sequent {

struct ProjectedCrossEntropy {
  Var loss;             // one element: the mean over counted tokens, nats
  Tensor token_losses;  // [tokens], nats; 0 where the target is not counted
};

/// One element: the mean over counted rows of logsumexp(logits[r]) - logits[r, targets[r]], nats. logits: [rows,
/// classes]; targets as below.
Var cross_entropy(const Var& logits, std::span<const std::int32_t> targets);

/// token_losses[t] = logsumexp(l) - l[targets[t]] with l = projection hidden[t].
/// hidden: [tokens, width]   projection: [vocabulary, width]   targets: a token each; negative ones are not counted.
/// A target outside the vocabulary, or nothing to count, is an Error. When recording, the gradients of a chunk are
/// formed while its logits are at hand, so the projection is multiplied three times in all, not four.
ProjectedCrossEntropy projected_cross_entropy(const Var& hidden, const Var& projection,
                                              std::span<const std::int32_t> targets);

}  // namespace sequent
