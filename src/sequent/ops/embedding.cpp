#include "sequent/ops/embedding.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/embedding.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/ops/weight_product.h"

namespace sequent {
namespace {

// Rows of a table that is not stored in f32.
void look_up_stored(std::span<const std::int32_t> ids, const Tensor& table, const Tensor& y) {
  expect_float_to_record("embedding", table);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    kernels::dequantise(kernels::Cpu{}, {.type = table.dtype(),
                                         .from = table.slice(ids[t], ids[t] + 1).raw(),
                                         .to = y.mutable_floats() + static_cast<std::int64_t>(t) * y.size(1),
                                         .count = y.size(1)});
  }
}

}  // namespace

Var embedding(std::span<const std::int32_t> ids, const Var& table) {
  check(table.shape().rank() >= 2, "embedding: the table must be [vocabulary, width], got {}",
        to_string(table.shape()));
  const std::int64_t width = table.size(0) == 0 ? table.columns() : table.value().elements() / table.size(0);
  for (const std::int32_t id : ids) {
    check(0 <= id && id < table.size(0), "embedding: ids must be from 0 to {}, got {}", table.size(0) - 1, id);
  }
  const auto tokens = static_cast<std::int64_t>(ids.size());
  const Tensor y = Tensor::empty({tokens, width});
  if (table.value().dtype() == DType::f32) {
    kernels::embedding(kernels::Cpu{}, kernels::EmbeddingForward<float>{.ids = ids.data(),
                                                                        .table = table.value().floats(),
                                                                        .y = y.mutable_floats(),
                                                                        .tokens = tokens,
                                                                        .width = width});
  } else {
    look_up_stored(ids, table.value(), y);
  }
  const Tensor kept = recording({table}) ? Tensor::from(ids, {tokens}) : Tensor();
  return record(y, {table}, [table = table.gradient_only(), kept, width](const Tensor& dy) {
    kernels::embedding(kernels::Cpu{},
                       kernels::EmbeddingBackward<float>{.ids = kept.data<std::int32_t>(),
                                                         .dy = dy.floats(),
                                                         .dtable = table.gradient_buffer().mutable_floats(),
                                                         .tokens = kept.elements(),
                                                         .width = width});
  });
}

}  // namespace sequent
