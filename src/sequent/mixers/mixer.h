// The one interface of all sequence mixers: one function, however it is computed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/autograd/var.h"
#include "sequent/tensor/segments.h"

namespace sequent {

/// What a mixer carries from one token of a sequence to the next: named tensors and a position.
/// Copying a state is cheap and makes a branch: memory is shared until one of them is written.
struct MixerState {
  struct Entry {
    std::string name;
    Var value;
  };
  std::vector<Entry> entries;
  std::int64_t position = 0;  // tokens seen

  /// Bytes of the tensors, as many as hold information (spare room of a growing cache is not counted).
  std::int64_t bytes() const;
  /// Cuts the history of gradients: truncated back-propagation through time.
  void detach();
};

class SequenceMixer {
 public:
  virtual ~SequenceMixer() = default;

  /// x: [tokens, width] -> [tokens, width].
  /// Without states every sequence starts afresh (training, scoring). With one state per sequence, each sequence
  /// continues from its state and leaves the new one there; a single token is the recurrent step, more are a chunk.
  /// Over any partition of the same tokens the results agree. Differentiable in x, weights and states.
  virtual Var forward(const Var& x, const Segments& segments, std::span<MixerState* const> states = {}) const = 0;

  /// The state before the first token.
  virtual MixerState initial_state() const = 0;

  /// Bytes of the state of one sequence after `tokens` tokens, by arithmetic, with `element_bytes` per number.
  virtual std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes) const = 0;

  /// Floating-point operations of forward over one sequence of `tokens` tokens beyond those of its weights, which are
  /// counted as two for each weight and token whatever the mixer. What an implementation counts stands beside it.
  virtual std::int64_t sequence_flops(std::int64_t tokens) const = 0;
};

/// Throws unless a size in a configuration is positive.
void expect_positive(std::string_view what, std::int64_t size);
/// The states' entries number `index` end to end along the first axis.
Var gather_states(std::span<MixerState* const> states, std::size_t index);
/// Hands row i of `packed` to state i as its entry number `index`.
void scatter_states(const Var& packed, std::span<MixerState* const> states, std::size_t index);
/// Throws unless there is no state or one for each sequence.
void expect_states(std::string_view mixer, const Segments& segments, std::span<MixerState* const> states);
/// The position of every token in its sequence: without states from 0, otherwise from the state's on.
std::vector<std::int64_t> positions_of(const Segments& segments, std::span<MixerState* const> states);
/// Moves the position of each state past the tokens of its sequence.
void advance_positions(std::span<MixerState* const> states, const Segments& segments);

}  // namespace sequent
