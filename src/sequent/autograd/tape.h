// Tape: the list of operations in the order they ran, walked backwards to compute gradients.
//
// A Tape in scope records; none means inference. Operations are coarse (a whole selective scan), so the list is
// short and its cost vanishes. Not goals: gradients of gradients, graph compilation, in-place ops on recorded values.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "sequent/autograd/var.h"

namespace sequent {

class Tape {
 public:
  /// Records from now on, on this thread, until destroyed. Tapes nest; the innermost records.
  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Walks back from `loss` (one element, gradient 1) and empties the tape as it goes, so that memory is freed as
  /// soon as it is no longer needed. Gradients of leaves are added to what they already hold.
  void backward(const Var& loss);
  /// Walks back from an output whose gradient is given.
  void backward(const Var& output, const Tensor& gradient);
  /// Walks back from several outputs at once; where a gradient is undefined it is zero.
  void backward(std::span<const Var> outputs, std::span<const Tensor> gradients);

  /// The tape that records on this thread, or null.
  static Tape* current();

  /// No recording on this thread while in scope: targets, evaluation inside training.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Tape* paused_;
  };

 private:
  friend Var record(Tensor, std::initializer_list<Var>, std::function<void(const Tensor&)>);
  friend std::vector<Var> record_outputs(std::span<const Tensor>, std::span<const Var>,
                                         std::function<void(std::span<const Tensor>)>);
  struct Step {
    std::vector<Var> outputs;
    std::function<void(std::span<const Tensor>)> backward;
  };
  std::vector<Step> steps_;
  Tape* outer_;
};

/// True when an op on these inputs must keep what its backward needs.
bool recording(std::initializer_list<Var> inputs);
bool recording(std::span<const Var> inputs);

/// Ends an op: wraps its result and, when recording, notes how gradients flow back. `backward` receives the gradient
/// of the result and hands gradients on with Var::accumulate or into Var::gradient_buffer. What it captures is
/// exactly what training keeps in memory: tensors that it needs, and of an input whose value it does not need,
/// Var::gradient_only().
Var record(Tensor value, std::initializer_list<Var> inputs, std::function<void(const Tensor& gradient)> backward);

/// The same for several results; the gradient of a result nobody used is undefined.
std::vector<Var> record_outputs(std::span<const Tensor> values, std::span<const Var> inputs,
                                std::function<void(std::span<const Tensor> gradients)> backward);

/// Activation checkpointing: runs body(x) without recording and runs it again, recording, when gradients are asked
/// for. Memory for everything inside is held only then. `body` must give the same result both times.
Var recompute(std::function<Var(const Var&)> body, const Var& x);

/// The same for several results.
std::vector<Var> recompute_outputs(std::function<std::vector<Var>(const Var&)> body, const Var& x);

}  // namespace sequent
