#include "sequent/kernels/experts.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "sequent/base/function_ref.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/activation.h"
#include "sequent/kernels/dropout.h"
#include "sequent/kernels/matrix_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/experts.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// y += factor * x.
HWY_INLINE void AddScaledRow(FloatTag d, const float* x, float factor, float* y, std::int64_t size) {
  const auto scale = hn::Set(d, factor);
  ForEachVector(d, size, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::MulAdd(LoadUpTo(d, x + i, count), scale, LoadUpTo(d, y + i, count)), y + i, count);
  });
}

HWY_INLINE void ScaleRow(FloatTag d, float* x, float factor, std::int64_t size) {
  const auto scale = hn::Set(d, factor);
  ForEachVector(d, size, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::Mul(LoadUpTo(d, x + i, count), scale), x + i, count);
  });
}

// y of the tokens [begin, end): the outputs of their rows, weighted, in the order of the choices.
void CombineOutputs(const ExpertsForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const Experts<float>& layer = args.layer;
  const std::int64_t choices = layer.rows.choices, width = layer.width;
  for (std::int64_t t = begin; t < end; ++t) {
    float* y = args.y + t * width;
    std::fill_n(y, width, 0.0f);
    for (std::int64_t c = t * choices; c < (t + 1) * choices; ++c) {
      const std::int64_t row = layer.rows.row[c];
      if (row >= 0) AddScaledRow(d, args.outputs + row * width, layer.weights[c], y, width);
      if (row < 0 && layer.identity_of_dropped) AddScaledRow(d, layer.x + t * width, layer.weights[c], y, width);
    }
  }
}

// dx of the tokens [begin, end), and dweights of their dropped choices.
void CombineGradients(const ExpertsBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const Experts<float>& layer = args.layer;
  const std::int64_t choices = layer.rows.choices, width = layer.width;
  for (std::int64_t t = begin; t < end; ++t) {
    float* dx = args.dx + t * width;
    const float* dy = args.dy + t * width;
    std::fill_n(dx, width, 0.0f);
    for (std::int64_t c = t * choices; c < (t + 1) * choices; ++c) {
      const std::int64_t row = layer.rows.row[c];
      if (row >= 0) {
        AddScaledRow(d, args.gradients + row * width, 1.0f, dx, width);
        continue;
      }
      args.dweights[c] = layer.identity_of_dropped ? Dot(d, layer.x + t * width, dy, width) : 0.0f;
      if (layer.identity_of_dropped) AddScaledRow(d, dy, layer.weights[c], dx, width);
    }
  }
}

// For one row: dot = h . u, then both times the weight. h then stands for the gradient of W_down, u is that of h.
float WeighRow(float* h, float* u, float weight, std::int64_t hidden) {
  const FloatTag d;
  const float dot = Dot(d, h, u, hidden);
  ScaleRow(d, h, weight, hidden);
  ScaleRow(d, u, weight, hidden);
  return dot;
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

namespace {

// Rows of a task. One thread does a task alone; fewer rows share the work better, more use each packed block
// of weights longer. The cuts depend on the routing only, so the results do not depend on the threads.
constexpr std::int64_t kTaskRows = 384;
// Up to so many rows in all, a step of decoding, the time goes into reading weights: one expert after the other, each
// product shared.
constexpr std::int64_t kFewRows = 8;
// Multiply-adds of a task that forms a part of the gradient of a weight.
constexpr std::int64_t kTaskWork = std::int64_t{1} << 24;

// [begin, end): of the rows of one expert, or of the longer side of the gradient of one of its weights.
struct Task {
  std::int64_t expert;
  std::int64_t begin;
  std::int64_t end;
};

// Calls body for each piece of each expert's work: range_of(expert) is all of it, and pieces_of(rows) says into how
// many pieces that of an expert with so many rows is cut.
void run_tasks(const ExpertRows& rows, FunctionRef<std::int64_t(std::int64_t)> pieces_of,
               FunctionRef<Task(std::int64_t)> range_of, FunctionRef<void(const Task&)> body) {
  std::vector<Task> tasks;
  for (std::int64_t e = 0; e < rows.experts; ++e) {
    const Task whole = range_of(e);
    const std::int64_t size = whole.end - whole.begin, count = pieces_of(rows.begins[e + 1] - rows.begins[e]);
    for (std::int64_t piece = 0; piece < count; ++piece) {
      tasks.push_back({e, whole.begin + size * piece / count, whole.begin + size * (piece + 1) / count});
    }
  }
  if (rows.rows() <= kFewRows) {
    for (const Task& task : tasks) body(task);
    return;
  }
  // The longest first, so that the threads end at about the same time.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& x, const Task& y) { return x.end - x.begin > y.end - y.begin; });
  parallel_tasks(std::ssize(tasks), [&](std::int64_t i) { body(tasks[static_cast<std::size_t>(i)]); });
}

void run_on_rows(const ExpertRows& rows, FunctionRef<void(const Task&)> body) {
  run_tasks(
      rows, [](std::int64_t count) { return (count + kTaskRows - 1) / kTaskRows; },
      [&](std::int64_t e) {
        return Task{e, rows.begins[e], rows.begins[e + 1]};
      },
      body);
}

// On the gradients [outputs, inputs] of the weights of all experts that have rows, cut along their longer side: the
// nearer a piece is to a square, the less is read for it.
void run_on_weights(const ExpertRows& rows, std::int64_t outputs, std::int64_t inputs,
                    FunctionRef<void(const Task&)> body) {
  const std::int64_t side = std::max(outputs, inputs);
  const auto pieces_of = [&](std::int64_t count) {
    const std::int64_t most = (side + 63) / 64;
    return count == 0 ? 0 : std::clamp<std::int64_t>(count * outputs * inputs / kTaskWork, 1, most);
  };
  run_tasks(
      rows, pieces_of,
      [&](std::int64_t e) {
        return Task{e, 0, side};
      },
      body);
}

// The rows of x that belong to the rows of a task.
void gather(const ExpertRows& rows, const Task& task, const float* x, float* to, std::int64_t width) {
  for (std::int64_t r = task.begin; r < task.end; ++r) std::copy_n(x + rows.token[r] * width, width, to + r * width);
}

// y = x W^T on the rows of a task, W: [outputs, inputs].
void multiply(const Task& task, ProductPrecision precision, const float* x, const float* w, float* y,
              std::int64_t outputs, std::int64_t inputs) {
  matrix_product(Cpu{}, {.a = x + task.begin * inputs,
                         .b = w,
                         .c = y + task.begin * outputs,
                         .rows = task.end - task.begin,
                         .columns = outputs,
                         .inner = inputs,
                         .transpose_b = true,
                         .precision = precision});
}

// dx = dy W + beta dx on the rows of a task.
void multiply_back(const Task& task, ProductPrecision precision, const float* dy, const float* w, float* dx,
                   std::int64_t outputs, std::int64_t inputs, float beta = 0) {
  matrix_product(Cpu{}, {.a = dy + task.begin * outputs,
                         .b = w,
                         .c = dx + task.begin * inputs,
                         .rows = task.end - task.begin,
                         .columns = inputs,
                         .inner = outputs,
                         .beta = beta,
                         .precision = precision});
}

// dw = dy^T x, written or added, over all rows of the expert, for the task's part of dw.
void weight_gradient(const ExpertsBackward<float>& args, const Task& task, const float* dy, const float* x, float* dw,
                     std::int64_t outputs, std::int64_t inputs) {
  const ExpertRows& rows = args.layer.rows;
  const std::int64_t begin = rows.begins[task.expert], size = task.end - task.begin;
  const bool by_rows = outputs >= inputs;
  const std::int64_t row = by_rows ? task.begin : 0, column = by_rows ? 0 : task.begin;
  matrix_product(Cpu{}, {.a = dy + begin * outputs + row,
                         .b = x + begin * inputs + column,
                         .c = dw + row * inputs + column,
                         .rows = by_rows ? size : outputs,
                         .columns = by_rows ? inputs : size,
                         .inner = rows.begins[task.expert + 1] - begin,
                         .transpose_a = true,
                         .a_stride = outputs,
                         .b_stride = inputs,
                         .c_stride = inputs,
                         .beta = args.add ? 1.0f : 0.0f,
                         .precision = args.layer.precision});
}

void drop(const Experts<float>& layer, const Task& task, float* hidden) {
  if (layer.dropout == 0) return;
  for (std::int64_t r = task.begin; r < task.end; ++r) {
    float* row = hidden + r * layer.hidden;
    dropout(Cpu{}, {.x = row,
                    .y = row,
                    .count = layer.hidden,
                    .rate = layer.dropout,
                    .seed = layer.seed,
                    .stream = layer.stream + static_cast<std::uint64_t>(r)});
  }
}

// The hidden layer on the rows of a task, from `up` and `gate`.
void activate(const Experts<float>& layer, const Task& task, float* hidden) {
  const std::int64_t at = task.begin * layer.hidden, count = (task.end - task.begin) * layer.hidden;
  if (layer.gate_weights) {
    gated(Cpu{}, GatedForward<float>{layer.gate + at, layer.up + at, hidden + at, count, layer.f});
  } else {
    activation(Cpu{}, ActivationForward<float>{layer.up + at, hidden + at, count, layer.f});
  }
  drop(layer, task, hidden);
}

void activate_back(const ExpertsBackward<float>& args, const Task& task) {
  const Experts<float>& layer = args.layer;
  const std::int64_t at = task.begin * layer.hidden, count = (task.end - task.begin) * layer.hidden;
  drop(layer, task, args.dup);
  if (layer.gate_weights) {
    gated(Cpu{}, GatedBackward<float>{layer.gate + at, layer.up + at, args.dup + at, args.dgate + at, args.dup + at,
                                      count, layer.f});
  } else {
    activation(Cpu{}, ActivationBackward<float>{layer.up + at, args.dup + at, args.dup + at, count, layer.f});
  }
}

// Tokens below which a second thread costs more than it saves.
std::int64_t grain_of(const Experts<float>& layer) {
  return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(layer.width * layer.rows.choices, 1));
}

}  // namespace

HWY_EXPORT(CombineOutputs);
HWY_EXPORT(CombineGradients);
HWY_EXPORT(WeighRow);

void experts(Cpu, const ExpertsForward<float>& args) {
  const Experts<float>& layer = args.layer;
  const std::int64_t width = layer.width, hidden = layer.hidden;
  run_on_rows(layer.rows, [&](const Task& task) {
    gather(layer.rows, task, layer.x, args.inputs, width);
    multiply(task, layer.precision, args.inputs, layer.up_weights[task.expert], layer.up, hidden, width);
    if (layer.gate_weights) {
      multiply(task, layer.precision, args.inputs, layer.gate_weights[task.expert], layer.gate, hidden, width);
    }
    activate(layer, task, args.hidden);
    multiply(task, layer.precision, args.hidden, layer.down_weights[task.expert], args.outputs, width, hidden);
  });
  parallel_for(0, layer.rows.tokens, grain_of(layer), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(CombineOutputs)(args, begin, end);
  });
}

namespace {

// Everything but the gradients of the weights, row by row.
void rows_backward(const ExpertsBackward<float>& args, const Task& task) {
  const Experts<float>& layer = args.layer;
  const std::int64_t width = layer.width, hidden = layer.hidden, choices = layer.rows.choices;
  gather(layer.rows, task, layer.x, args.inputs, width);
  gather(layer.rows, task, args.dy, args.gradients, width);
  activate(layer, task, args.hidden);
  multiply_back(task, layer.precision, args.gradients, layer.down_weights[task.expert], args.dup, width, hidden);
  for (std::int64_t r = task.begin; r < task.end; ++r) {
    // Which of its token's choices a row is stands in the table of rows.
    const std::int32_t* of_token = layer.rows.row + layer.rows.token[r] * choices;
    const std::int64_t c = std::find(of_token, of_token + choices, r) - layer.rows.row;
    args.dweights[c] =
        HWY_DYNAMIC_DISPATCH(WeighRow)(args.hidden + r * hidden, args.dup + r * hidden, layer.weights[c], hidden);
  }
  activate_back(args, task);
}

void input_gradients(const ExpertsBackward<float>& args, const Task& task) {
  const Experts<float>& layer = args.layer;
  const std::int64_t width = layer.width, hidden = layer.hidden;
  multiply_back(task, layer.precision, args.dup, layer.up_weights[task.expert], args.gradients, hidden, width);
  if (layer.gate_weights) {
    multiply_back(task, layer.precision, args.dgate, layer.gate_weights[task.expert], args.gradients, hidden, width, 1);
  }
}

void weight_gradients(const ExpertsBackward<float>& args, const float* dy, const float* x, float* const* dw,
                      std::int64_t outputs, std::int64_t inputs) {
  const ExpertRows& rows = args.layer.rows;
  run_on_weights(rows, outputs, inputs, [&](const Task& task) {
    if (dw[task.expert]) weight_gradient(args, task, dy, x, dw[task.expert], outputs, inputs);
  });
}

}  // namespace

void experts(Cpu, const ExpertsBackward<float>& args) {
  const Experts<float>& layer = args.layer;
  const std::int64_t width = layer.width, hidden = layer.hidden;
  run_on_rows(layer.rows, [&](const Task& task) { rows_backward(args, task); });
  // While `gradients` still holds the rows of dy.
  weight_gradients(args, args.gradients, args.hidden, args.ddown_weights, width, hidden);
  weight_gradients(args, args.dup, args.inputs, args.dup_weights, hidden, width);
  if (layer.gate_weights) weight_gradients(args, args.dgate, args.inputs, args.dgate_weights, hidden, width);
  run_on_rows(layer.rows, [&](const Task& task) { input_gradients(args, task); });
  parallel_for(0, layer.rows.tokens, grain_of(layer), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(CombineGradients)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
