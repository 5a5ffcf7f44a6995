// The experts of a mixture (Shazeer et al., "Outrageously large neural networks: the sparsely-gated mixture-of-experts
// layer", 2017, equation 1): dispatch, a feed-forward layer for each expert, and the weighted sum, in one. The tokens
// are sorted by expert, so that each expert computes on the contiguous rows of its own tokens, and the work is that of
// the rows, however many experts there are; an expert without rows is never read.
#pragma once

#include <cstdint>

#include "sequent/kernels/activation_kind.h"
#include "sequent/kernels/device.h"
#include "sequent/kernels/product_precision.h"

namespace sequent::kernels {

/// Which row belongs to which token and expert. A row is one choice of one token.
struct ExpertRows {
  const std::int64_t* begins;  // [experts + 1]: expert e has the rows from begins[e] to begins[e + 1]
  const std::int32_t* token;   // [rows]: the token of a row
  const std::int32_t* row;     // [tokens, choices]: the row of a choice; -1 when it was dropped
  std::int64_t tokens;
  std::int64_t choices;  // of a token
  std::int64_t experts;

  std::int64_t rows() const { return begins[experts]; }
};

/// What forward and backward share.
template <class Real>
struct Experts {
  ExpertRows rows;
  const Real* x;                    // [tokens, width]
  const Real* weights;              // [tokens, choices]
  const Real* const* gate_weights;  // [experts] of [hidden, width]; null: the experts are not gated
  const Real* const* up_weights;    // [experts] of [hidden, width]
  const Real* const* down_weights;  // [experts] of [width, hidden]
  std::int64_t width;
  std::int64_t hidden;
  Activation f;
  float dropout = 0;  // of the hidden layer; the mask of row r is that of kernels/dropout.h with stream + r
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  bool identity_of_dropped = false;  // a dropped choice adds weight * x instead of nothing
  ProductPrecision precision = ProductPrecision::float32;
  Real* gate;  // [rows, hidden]: W_gate x, kept for the backward; unused when not gated
  Real* up;    // [rows, hidden]: W_up x, kept for the backward
};

/// y[t] = sum over the choices of token t of weight * W_down dropout(h),  h = f(W_up x[t]), or f(W_gate x[t]) * W_up
/// x[t].
template <class Real>
struct ExpertsForward {
  Experts<Real> layer;
  Real* inputs;   // [rows, width], scratch
  Real* hidden;   // [rows, hidden], scratch
  Real* outputs;  // [rows, width], scratch
  Real* y;        // [tokens, width]
};

/// With u = W_down^T dy[t]:  dweight = h . u,  dh = weight u,  and so on through the layer.
template <class Real>
struct ExpertsBackward {
  Experts<Real> layer;
  const Real* dy;              // [tokens, width]
  Real* inputs;                // [rows, width], scratch: the rows of x
  Real* gradients;             // [rows, width], scratch: the rows of dy, later of dx
  Real* hidden;                // [rows, hidden], scratch
  Real* dgate;                 // [rows, hidden], scratch; unused when not gated
  Real* dup;                   // [rows, hidden], scratch
  Real* dx;                    // [tokens, width]
  Real* dweights;              // [tokens, choices]
  Real* const* dgate_weights;  // null where no gradient is wanted; those of experts without rows are left alone
  Real* const* dup_weights;
  Real* const* ddown_weights;
  bool add;  // to what these hold; otherwise they are written
};

void experts(Cpu, const ExpertsForward<float>& args);
void experts(Cpu, const ExpertsBackward<float>& args);

}  // namespace sequent::kernels
