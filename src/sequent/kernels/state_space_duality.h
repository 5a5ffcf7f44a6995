// Linear attention with a decay per head: the state-space duality of Mamba-2 (Dao and Gu, "Transformers are SSMs",
// 2024, sections 5 and 6) and, with a step of 1 and one group per head, the retention of RetNet (Sun et al., "Retentive
// Network", 2023, equations 5 to 7). For each sequence and head h of group g = h / (heads / groups):
//   S_t[s, p] = exp(delta_t[h] rate[h]) S_{t-1}[s, p] + delta_t[h] b_t[g, s] x_t[h, p]
//   y_t[h, p] = sum_s c_t[g, s] S_t[s, p] + skip[h] x_t[h, p]
// In the words of attention x is the value, b the key and c the query; of retention, rate is ln(gamma).
#pragma once

#include <algorithm>
#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// Tokens of a sequence that are worked on at once; recording keeps one state for each chunk.
inline constexpr std::int64_t kStateSpaceDualityChunk = 64;

/// What forward and backward both read. Sequence i is tokens offsets[i] to offsets[i + 1].
template <class Real>
struct StateSpaceDualityArguments {
  const Real* x;      // [tokens, heads * width]
  const Real* b;      // [tokens, groups * states]
  const Real* c;      // [tokens, groups * states]
  const Real* delta;  // [tokens, heads]; null for ones
  const Real* rate;   // [heads], at most 0
  const Real* skip;   // [heads], or [heads * width] with skip_per_channel; null for none
  const Real* state;  // [sequences, heads, states, width]; null for zeros
  const std::int64_t* offsets;
  std::int64_t sequences;
  std::int64_t heads;
  std::int64_t groups;  // of heads / groups consecutive heads, which share b and c
  std::int64_t width;   // P, of x per head
  std::int64_t states;  // S, of b and c per group
  bool skip_per_channel;
  std::int64_t workers;  // at most this many threads, each with its own part of the scratch

  std::int64_t tokens() const { return offsets[sequences]; }
  std::int64_t heads_per_group() const { return heads / groups; }
  std::int64_t skip_size() const { return skip_per_channel ? heads * width : heads; }
};

template <class Real>
struct StateSpaceDualityForward {
  StateSpaceDualityArguments<Real> inputs;
  Real* y;            // [tokens, heads * width]
  Real* final_state;  // [sequences, heads, states, width]
  Real* checkpoints;  // state_space_duality_checkpoints(...) elements for the backward pass; null when not recording
  Real* scratch;      // workers * state_space_duality_forward_scratch(...) elements
};

template <class Real>
struct StateSpaceDualityBackward {
  StateSpaceDualityArguments<Real> inputs;
  const Real* checkpoints;   // as the forward pass left them
  const Real* dy;            // [tokens, heads * width]
  const Real* dfinal_state;  // [sequences, heads, states, width]; null for zeros
  // Written.
  Real* dx;      // [tokens, heads * width]
  Real* db;      // [tokens, groups * states]
  Real* dc;      // [tokens, groups * states]
  Real* ddelta;  // [tokens, heads]; may be null
  Real* dstate;  // [sequences, heads, states, width]; may be null
  // Added to; each may be null.
  Real* drate;     // [heads]
  Real* dskip;     // like skip
  Real* partials;  // state_space_duality_partials(...) elements
  Real* scratch;   // workers * state_space_duality_backward_scratch(...) elements
};

/// The gradients of rate and skip are summed in this many groups of sequences.
constexpr std::int64_t state_space_duality_sequence_groups(std::int64_t sequences) {
  return std::min<std::int64_t>(sequences, 8);
}

/// The backward pass sums the gradients of b and c in pieces of this many heads of a group, whatever the number of
/// threads: the whole group, unless that would leave fewer than 8 independent units of work.
template <class Real>
constexpr std::int64_t state_space_duality_piece(const StateSpaceDualityArguments<Real>& args) {
  const std::int64_t units =
      std::max<std::int64_t>(1, state_space_duality_sequence_groups(args.sequences)) * args.groups;
  return std::max<std::int64_t>(1, args.heads_per_group() / std::max<std::int64_t>(1, 8 / units));
}

template <class Real>
constexpr std::int64_t state_space_duality_pieces(const StateSpaceDualityArguments<Real>& args) {
  const std::int64_t piece = state_space_duality_piece(args);
  return (args.heads_per_group() + piece - 1) / piece;
}

/// A state is kept at every chunk of a sequence but its first. The one at packed token t is number t / chunk - 1: never
/// the same for two of them, because they are at least a chunk apart.
template <class Real>
constexpr std::int64_t state_space_duality_checkpoints(const StateSpaceDualityArguments<Real>& args) {
  return std::max<std::int64_t>(args.tokens() - 1, 0) / kStateSpaceDualityChunk * args.heads * args.states * args.width;
}

/// Elements of scratch for one worker.
template <class Real>
constexpr std::int64_t state_space_duality_forward_scratch(const StateSpaceDualityArguments<Real>& args) {
  return kStateSpaceDualityChunk * (2 * kStateSpaceDualityChunk + args.states + args.width);
}

template <class Real>
constexpr std::int64_t state_space_duality_backward_scratch(const StateSpaceDualityArguments<Real>& args) {
  return kStateSpaceDualityChunk * (4 * kStateSpaceDualityChunk + 5 * args.states + 3 * args.width) +
         state_space_duality_piece(args) * args.states * args.width;
}

/// Elements for the partial sums of the backward pass.
template <class Real>
constexpr std::int64_t state_space_duality_partials(const StateSpaceDualityArguments<Real>& args) {
  const std::int64_t pieces = state_space_duality_pieces(args);
  return (pieces > 1 ? pieces * args.tokens() * args.groups * args.states * 2 : 0) +
         state_space_duality_sequence_groups(args.sequences) * (args.heads + args.skip_size());
}

/// Independent units of work of the backward pass: more workers than these are of no use.
template <class Real>
constexpr std::int64_t state_space_duality_backward_tasks(const StateSpaceDualityArguments<Real>& args) {
  return state_space_duality_sequence_groups(args.sequences) * args.groups * state_space_duality_pieces(args);
}

void state_space_duality(Cpu, const StateSpaceDualityForward<float>& args);
void state_space_duality(Cpu, const StateSpaceDualityBackward<float>& args);

}  // namespace sequent::kernels
