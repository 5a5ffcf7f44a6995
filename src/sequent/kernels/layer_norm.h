// LayerNorm: y = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias, over each row (Ba, Kiros and Hinton,
// "Layer normalization", 2016), with the variance over N, not N - 1.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

template <class Real>
struct LayerNormForward {
  const Real* x;            // [rows, columns]
  const Real* weight;       // [columns]
  const Real* bias;         // [columns]; may be null for none
  Real* y;                  // [rows, columns]
  Real* mean;               // [rows], kept for the backward pass; may be null
  Real* inverse_deviation;  // [rows], the same
  std::int64_t rows;
  std::int64_t columns;
  Real epsilon;
};

template <class Real>
struct LayerNormBackward {
  const Real* x;                  // [rows, columns]
  const Real* weight;             // [columns]
  const Real* mean;               // [rows]
  const Real* inverse_deviation;  // [rows]
  const Real* dy;                 // [rows, columns]
  Real* dx;                       // [rows, columns], written; may be null
  Real* dweight;                  // [columns], added to; may be null
  Real* dbias;                    // [columns], added to; may be null
  Real* scratch;                  // [kLayerNormPieces, 2, columns]
  std::int64_t rows;
  std::int64_t columns;
};

/// The gradients of weight and bias are summed in this many pieces of rows, whatever the number of threads.
inline constexpr std::int64_t kLayerNormPieces = 16;

void layer_norm(Cpu, const LayerNormForward<float>& args);
void layer_norm(Cpu, const LayerNormBackward<float>& args);

}  // namespace sequent::kernels
