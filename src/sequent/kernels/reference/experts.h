// The readable specification of kernels/experts.h, and the oracle of its tests.
#pragma once

#include <vector>

#include "sequent/kernels/experts.h"
#include "sequent/kernels/reference/activation.h"
#include "sequent/kernels/reference/dropout.h"

namespace sequent::kernels::reference {

/// y = W x, W: [rows, columns].
template <class Real>
void multiply(const Real* w, const Real* x, Real* y, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t r = 0; r < rows; ++r) {
    y[r] = 0;
    for (std::int64_t c = 0; c < columns; ++c) y[r] += w[r * columns + c] * x[c];
  }
}

/// x += W^T y and dw += y x^T factor, each unless its target is null.
template <class Real>
void multiply_backward(const Real* w, const Real* x, const Real* dy, Real* dx, Real* dw, std::int64_t rows,
                       std::int64_t columns) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      if (dx) dx[c] += w[r * columns + c] * dy[r];
      if (dw) dw[r * columns + c] += dy[r] * x[c];
    }
  }
}

/// One choice of one token: the hidden layer of expert e on row r, before and after dropout.
template <class Real>
std::vector<Real> hidden_of(const Experts<Real>& layer, std::int64_t e, std::int64_t r, const Real* x) {
  Real* up = layer.up + r * layer.hidden;
  multiply(layer.up_weights[e], x, up, layer.hidden, layer.width);
  std::vector<Real> h(static_cast<std::size_t>(layer.hidden));
  if (layer.gate_weights) {
    Real* gate = layer.gate + r * layer.hidden;
    multiply(layer.gate_weights[e], x, gate, layer.hidden, layer.width);
    gated(GatedForward<Real>{gate, up, h.data(), layer.hidden, layer.f});
  } else {
    activation(ActivationForward<Real>{up, h.data(), layer.hidden, layer.f});
  }
  return h;
}

template <class Real>
void drop(const Experts<Real>& layer, std::int64_t r, std::vector<Real>& h) {
  if (layer.dropout == 0) return;
  dropout(Dropout<Real>{h.data(), h.data(), layer.hidden, layer.dropout, layer.seed,
                        layer.stream + static_cast<std::uint64_t>(r)});
}

/// Calls body(choice, expert, row) for every choice of every token; expert and row are -1 when it was dropped.
template <class Body>
void for_each_choice(const ExpertRows& rows, Body&& body) {
  for (std::int64_t c = 0; c < rows.tokens * rows.choices; ++c) {
    const std::int64_t r = rows.row[c];
    std::int64_t e = -1;
    while (r >= 0 && rows.begins[e + 1] <= r) ++e;
    body(c, e, r);
  }
}

template <class Real>
void experts(const ExpertsForward<Real>& args) {
  const Experts<Real>& layer = args.layer;
  std::fill_n(args.y, layer.rows.tokens * layer.width, Real(0));
  for_each_choice(layer.rows, [&](std::int64_t c, std::int64_t e, std::int64_t r) {
    const Real* x = layer.x + c / layer.rows.choices * layer.width;
    Real* y = args.y + c / layer.rows.choices * layer.width;
    std::vector<Real> output(x, x + layer.width);
    if (r < 0 && !layer.identity_of_dropped) return;
    if (r >= 0) {
      std::vector<Real> h = hidden_of(layer, e, r, x);
      drop(layer, r, h);
      multiply(layer.down_weights[e], h.data(), output.data(), layer.width, layer.hidden);
    }
    for (std::int64_t i = 0; i < layer.width; ++i) y[i] += layer.weights[c] * output[static_cast<std::size_t>(i)];
  });
}

template <class Real>
void experts(const ExpertsBackward<Real>& args) {
  const Experts<Real>& layer = args.layer;
  std::fill_n(args.dx, layer.rows.tokens * layer.width, Real(0));
  for (std::int64_t e = 0; e < layer.rows.experts; ++e) {
    if (args.add || layer.rows.begins[e] == layer.rows.begins[e + 1]) continue;
    for (Real* const* gradients : {args.dgate_weights, args.dup_weights, args.ddown_weights}) {
      if (gradients && gradients[e]) std::fill_n(gradients[e], layer.hidden * layer.width, Real(0));
    }
  }
  for_each_choice(layer.rows, [&](std::int64_t c, std::int64_t e, std::int64_t r) {
    const Real* x = layer.x + c / layer.rows.choices * layer.width;
    const Real* dy = args.dy + c / layer.rows.choices * layer.width;
    Real* dx = args.dx + c / layer.rows.choices * layer.width;
    args.dweights[c] = 0;
    if (r < 0) {
      for (std::int64_t i = 0; layer.identity_of_dropped && i < layer.width; ++i) {
        args.dweights[c] += x[i] * dy[i];
        dx[i] += layer.weights[c] * dy[i];
      }
      return;
    }
    std::vector<Real> h = hidden_of(layer, e, r, x), output(static_cast<std::size_t>(layer.width)), dh(h.size());
    drop(layer, r, h);
    multiply(layer.down_weights[e], h.data(), output.data(), layer.width, layer.hidden);
    for (std::int64_t i = 0; i < layer.width; ++i) {
      args.dweights[c] += output[static_cast<std::size_t>(i)] * dy[i];
      output[static_cast<std::size_t>(i)] = layer.weights[c] * dy[i];  // from here on its gradient
    }
    multiply_backward(layer.down_weights[e], h.data(), output.data(), dh.data(), args.ddown_weights[e], layer.width,
                      layer.hidden);
    drop(layer, r, dh);
    std::vector<Real> dgate(h.size()), dup(h.size());
    const Real* up = layer.up + r * layer.hidden;
    if (layer.gate_weights) {
      gated(GatedBackward<Real>{layer.gate + r * layer.hidden, up, dh.data(), dgate.data(), dup.data(), layer.hidden,
                                layer.f});
      multiply_backward(layer.gate_weights[e], x, dgate.data(), dx, args.dgate_weights[e], layer.hidden, layer.width);
    } else {
      activation(ActivationBackward<Real>{up, dh.data(), dup.data(), layer.hidden, layer.f});
    }
    multiply_backward(layer.up_weights[e], x, dup.data(), dx, args.dup_weights[e], layer.hidden, layer.width);
  });
}

}  // namespace sequent::kernels::reference
