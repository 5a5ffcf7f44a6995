#include "sequent/ops/retention_row_sums.h"

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/retention_row_sums.h"

namespace sequent {

Tensor retention_row_sums(const Tensor& q, const Tensor& k, const Tensor& rate, const Segments& segments) {
  check(rate.shape().rank() == 1 && rate.elements() > 0, "retention_row_sums: rate must be [heads], got {}",
        to_string(rate.shape()));
  const std::int64_t heads = rate.elements();
  check(q.shape().rank() == 2 && q.size(0) == segments.tokens() && q.size(1) > 0 && q.size(1) % heads == 0,
        "retention_row_sums: q must be [{}, {} heads * width], got {}", segments.tokens(), heads, to_string(q.shape()));
  expect_shape("retention_row_sums", "k", k, q.shape());
  const std::int64_t width = q.size(1) / heads;
  const std::int64_t workers = thread_count();
  const Tensor sums = Tensor::empty({segments.tokens(), heads});
  const Tensor scratch = Tensor::empty({workers, kernels::retention_row_sums_scratch(width)});
  kernels::retention_row_sums(kernels::Cpu{}, {.q = q.floats(),
                                               .k = k.floats(),
                                               .rate = rate.floats(),
                                               .sums = sums.mutable_floats(),
                                               .offsets = segments.offsets().data(),
                                               .sequences = segments.count(),
                                               .heads = heads,
                                               .width = width,
                                               .workers = workers,
                                               .scratch = scratch.mutable_floats()});
  return sums;
}

}  // namespace sequent
