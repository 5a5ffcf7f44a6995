#include "sequent/ops/embedding.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/embedding.h"

namespace sequent {

Var embedding(std::span<const std::int32_t> ids, const Var& table) {
  check(table.shape().rank() >= 2, "embedding: the table must be [vocabulary, width], got {}",
        to_string(table.shape()));
  const std::int64_t width = table.size(0) == 0 ? table.columns() : table.value().elements() / table.size(0);
  for (const std::int32_t id : ids) {
    check(0 <= id && id < table.size(0), "embedding: ids must be from 0 to {}, got {}", table.size(0) - 1, id);
  }
  const auto tokens = static_cast<std::int64_t>(ids.size());
  const Tensor y = Tensor::empty({tokens, width});
  kernels::embedding(kernels::Cpu{}, kernels::EmbeddingForward<float>{.ids = ids.data(),
                                                                      .table = table.value().floats(),
                                                                      .y = y.mutable_floats(),
                                                                      .tokens = tokens,
                                                                      .width = width});
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
