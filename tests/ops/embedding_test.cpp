#include "sequent/ops/embedding.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(EmbeddingOp, PicksRowsAndAddsTheirGradients) {
  const Var table = Var::parameter(test::to_tensor({0, 1, 10, 11, 20, 21}, {3, 2}));
  std::vector<std::int32_t> ids = {2, 0, 2};
  Tape tape;
  const Var y = embedding(ids, table);
  EXPECT_EQ(test::to_doubles(y.value()), (std::vector<double>{20, 21, 0, 1, 20, 21}));
  ids.assign(3, 1);  // the op keeps its own copy
  tape.backward(y, test::to_tensor({1, 2, 3, 4, 5, 6}, {3, 2}));
  EXPECT_EQ(test::to_doubles(table.gradient()), (std::vector<double>{3, 4, 0, 0, 6, 8}));
}

TEST(EmbeddingOp, RefusesIdsOutsideTheTable) {
  const Var table(Tensor::zeros({3, 2}));
  for (const std::int32_t id : {-1, 3}) {
    const std::vector<std::int32_t> ids = {0, id};
    try {
      embedding(ids, table);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), "embedding: ids must be from 0 to 2, got " + std::to_string(id));
    }
  }
}

}  // namespace
}  // namespace sequent
