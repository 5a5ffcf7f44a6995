// The selective state-space scan of Mamba (Gu and Dao, "Mamba: Linear-time sequence modeling with selective state
// spaces", 2023, algorithm 2), with softplus, skip and gate fused. For each sequence, with
// Delta = softplus(delta + delta_bias) and A = -exp(a_log):
//   h_t[e, s] = exp(Delta_t[e] A[e, s]) h_{t-1}[e, s] + Delta_t[e] b_t[s] x_t[e]
//   y_t[e]    = (sum_s c_t[s] h_t[e, s] + d[e] x_t[e]) * silu(gate_t[e])
#pragma once

#include <algorithm>
#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// Recording keeps one state per this many tokens of a sequence; the backward pass recomputes those between.
inline constexpr std::int64_t kSelectiveScanChunk = 64;

/// What forward and backward both read. Sequence i is tokens offsets[i] to offsets[i + 1].
template <class Real>
struct SelectiveScanArguments {
  const Real* x;           // [tokens, channels]
  const Real* delta;       // [tokens, channels], before bias and softplus
  const Real* delta_bias;  // [channels]
  const Real* a_log;       // [channels, states]
  const Real* b;           // [tokens, states]
  const Real* c;           // [tokens, states]
  const Real* d;           // [channels]
  const Real* gate;        // [tokens, channels]; null for none
  const Real* state;       // [sequences, channels, states]; null for zeros
  const std::int64_t* offsets;
  std::int64_t sequences;
  std::int64_t channels;
  std::int64_t states;
  std::int64_t workers;  // at most this many threads, each with its own part of the scratch

  std::int64_t tokens() const { return offsets[sequences]; }
};

template <class Real>
struct SelectiveScanForward {
  SelectiveScanArguments<Real> inputs;
  Real* y;            // [tokens, channels]
  Real* final_state;  // [sequences, channels, states]; may be null
  Real* checkpoints;  // selective_scan_checkpoints(...) elements for the backward pass; null when not recording
  Real* scratch;      // workers * selective_scan_forward_scratch(...) elements
};

template <class Real>
struct SelectiveScanBackward {
  SelectiveScanArguments<Real> inputs;
  const Real* checkpoints;   // as the forward pass left them
  const Real* dy;            // [tokens, channels]
  const Real* dfinal_state;  // [sequences, channels, states]; null for zeros
  // Written.
  Real* dx;      // [tokens, channels]
  Real* ddelta;  // [tokens, channels]
  Real* db;      // [tokens, states]
  Real* dc;      // [tokens, states]
  Real* dgate;   // [tokens, channels]; null exactly when gate is
  Real* dstate;  // [sequences, channels, states]; may be null
  // Added to; each may be null.
  Real* ddelta_bias;  // [channels]
  Real* da_log;       // [channels, states]
  Real* dd;           // [channels]
  Real* partials;     // selective_scan_partials(...) elements
  Real* scratch;      // workers * selective_scan_backward_scratch(...) elements
};

/// The forward pass works on this many channels and tokens of a sequence at a time, so that everything about them
/// stays in the first-level cache.
inline constexpr std::int64_t kSelectiveScanChannels = 64;
inline constexpr std::int64_t kSelectiveScanRows = 32;
static_assert(kSelectiveScanChunk % kSelectiveScanRows == 0);

/// The backward pass sums the gradients of b and c in pieces of this many channels, whatever the number of threads:
/// so many that their partial sums take no more memory than two activations.
constexpr std::int64_t selective_scan_piece(std::int64_t states) {
  return (std::max<std::int64_t>(states, 1) + kSelectiveScanChannels - 1) / kSelectiveScanChannels *
         kSelectiveScanChannels;
}

constexpr std::int64_t selective_scan_pieces(std::int64_t channels, std::int64_t states) {
  return (channels + selective_scan_piece(states) - 1) / selective_scan_piece(states);
}

/// The gradients of the weights are summed in this many groups of sequences.
constexpr std::int64_t selective_scan_groups(std::int64_t sequences) {
  return std::min<std::int64_t>(sequences, 8);
}

/// A state is kept at every kSelectiveScanChunk tokens of a sequence but its beginning. The one at packed token t is
/// number t / kSelectiveScanChunk - 1: never the same for two of them, because they are at least a chunk apart.
constexpr std::int64_t selective_scan_checkpoints(std::int64_t tokens, std::int64_t channels, std::int64_t states) {
  return std::max<std::int64_t>(tokens - 1, 0) / kSelectiveScanChunk * channels * states;
}

/// Elements of scratch for one worker.
constexpr std::int64_t selective_scan_forward_scratch(std::int64_t states) {
  return kSelectiveScanChannels * (2 * states + 4 * kSelectiveScanRows);
}

/// The most float lanes of a vector; rows of scratch are this wide.
inline constexpr std::int64_t kSelectiveScanLanes = 16;

constexpr std::int64_t selective_scan_backward_scratch(std::int64_t states) {
  return selective_scan_piece(states) * (3 * states + 2) +
         kSelectiveScanLanes * ((4 * kSelectiveScanChunk + 1) * states + 5 * kSelectiveScanChunk);
}

/// Elements for the partial sums of the backward pass, over pieces of channels and groups of sequences.
constexpr std::int64_t selective_scan_partials(std::int64_t tokens, std::int64_t channels, std::int64_t states,
                                               std::int64_t sequences) {
  return selective_scan_pieces(channels, states) * tokens * 2 * states +
         selective_scan_groups(sequences) * channels * (states + 2);
}

/// The forward pass takes so many sequences at a time that the weights of a block of channels, which it transposes
/// first, serve for a chunk of tokens even when every sequence has only one: the groups of sequences there are.
constexpr std::int64_t selective_scan_forward_groups(std::int64_t tokens, std::int64_t sequences) {
  return std::clamp<std::int64_t>(tokens / kSelectiveScanChunk, 1, std::max<std::int64_t>(sequences, 1));
}

/// Independent units of work: more workers than these are of no use.
constexpr std::int64_t selective_scan_forward_tasks(std::int64_t tokens, std::int64_t channels,
                                                    std::int64_t sequences) {
  return selective_scan_forward_groups(tokens, sequences) *
         ((channels + kSelectiveScanChannels - 1) / kSelectiveScanChannels);
}
constexpr std::int64_t selective_scan_backward_tasks(std::int64_t sequences, std::int64_t channels,
                                                     std::int64_t states) {
  return selective_scan_groups(sequences) * selective_scan_pieces(channels, states);
}

void selective_scan(Cpu, const SelectiveScanForward<float>& args);
void selective_scan(Cpu, const SelectiveScanBackward<float>& args);

}  // namespace sequent::kernels
