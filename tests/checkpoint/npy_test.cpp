#include "sequent/checkpoint/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sequent/base/files.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(Npy, HasTheHeaderThatNumPyWritesAndTheData) {
  const test::TemporaryDirectory directory;
  const Tensor tensor = test::to_tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  save_npy(directory / "x.npy", tensor);
  const std::string file = read_text(directory / "x.npy");
  ASSERT_EQ(file.size(), 128u + 24u);
  EXPECT_EQ(file.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(file.substr(10, 62), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), } ");
  EXPECT_EQ(file[127], '\n');
  EXPECT_EQ(std::memcmp(file.data() + 128, tensor.raw(), 24), 0);
}

TEST(Npy, OneAxisIsATupleOfOne) {
  const test::TemporaryDirectory directory;
  save_npy(directory / "x.npy", Tensor::zeros({7}));
  EXPECT_NE(read_text(directory / "x.npy").find("'shape': (7, )"), std::string::npos);
}

}  // namespace
}  // namespace sequent
