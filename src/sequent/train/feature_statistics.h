// Whether features still tell tokens apart: V-JEPA's loss falls just as well when they no longer do.
#pragma once

#include "sequent/tensor/tensor.h"

namespace sequent {

struct FeatureStatistics {
  /// Mean over the channels of the standard deviation over the tokens; 0 when all tokens are alike.
  double deviation = 0;
  /// (sum of l)^2 / sum of l^2 with the eigenvalues l of the covariance of the channels: how many directions the
  /// features use, from 1 to the width (the participation ratio; exp of the Renyi entropy of order 2, a lower bound of
  /// the effective rank of Roy and Vetterli, 2007, that needs no eigenvalues). 0 when all tokens are alike.
  double effective_rank = 0;
  /// Mean Euclidean norm of a token.
  double norm = 0;
  /// Mean cosine between two different tokens; 1 when all point the same way.
  double cosine = 0;
};

/// features: [tokens, width], at least two tokens.
FeatureStatistics feature_statistics(const Tensor& features);

}  // namespace sequent
