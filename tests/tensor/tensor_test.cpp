#include "sequent/tensor/tensor.h"

#include <gtest/gtest.h>

#include <vector>

#include "sequent/base/error.h"
#include "sequent/tensor/memory.h"

namespace sequent {
namespace {

Tensor counting(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return Tensor::from(std::span<const float>(values), shape);
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Tensor, UndefinedHasNoElementsToRead) {
  const Tensor tensor;
  EXPECT_FALSE(tensor.defined());
  EXPECT_THROW(tensor.floats(), Error);
  EXPECT_THROW(tensor.mutable_floats(), Error);
  EXPECT_THROW(tensor.mutable_raw(), Error);
  EXPECT_THROW(tensor.reshape({1}), Error);
  EXPECT_THROW(tensor.slice(0, 0), Error);
  EXPECT_THROW(tensor.fill_zero(), Error);
  EXPECT_THROW(Tensor::zeros({}).copy_from(tensor), Error);
  EXPECT_FALSE(tensor.clone().defined());
  EXPECT_FALSE(tensor.unique());
}

TEST(Tensor, IsMadeEmptyZeroFullAndFromValues) {
  EXPECT_EQ(Tensor::empty({2, 3}).elements(), 6);
  EXPECT_EQ(values(Tensor::zeros({3})), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(values(Tensor::full({2}, 1.5f)), (std::vector<float>{1.5f, 1.5f}));
  EXPECT_EQ(values(counting({2, 2})), (std::vector<float>{0, 1, 2, 3}));
  const std::vector<std::int64_t> ids = {4, 5};
  const Tensor tensor = Tensor::from(std::span<const std::int64_t>(ids), {2});
  EXPECT_EQ(tensor.dtype(), DType::i64);
  EXPECT_EQ(tensor.data<std::int64_t>()[1], 5);
  EXPECT_EQ(tensor.bytes(), 16);
  EXPECT_THROW(Tensor::from(std::span<const std::int64_t>(ids), {3}), Error);
}

TEST(Tensor, OfNoElementsWorks) {
  const Tensor tensor = Tensor::zeros({0, 4});
  EXPECT_TRUE(tensor.defined());
  EXPECT_EQ(tensor.rows(), 0);
  EXPECT_EQ(tensor.columns(), 4);
  EXPECT_EQ(tensor.slice(0, 0).elements(), 0);
  EXPECT_EQ(tensor.clone().shape(), tensor.shape());
  EXPECT_NO_THROW(tensor.floats());
}

TEST(Tensor, RefusesAnotherElementTypeByName) {
  EXPECT_EQ(message_of([] { Tensor::zeros({1}).data<std::int32_t>(); }), "tensor: holds f32, read as i32");
  EXPECT_NO_THROW(Tensor::zeros({1}, DType::f16).data<std::uint16_t>());
  EXPECT_NO_THROW(Tensor::zeros({1}, DType::bf16).data<std::uint16_t>());
  EXPECT_THROW(Tensor::zeros({1}).data<std::uint16_t>(), Error);
}

TEST(Tensor, RefusesSizesWhoseBytesOverflow) {
  EXPECT_THROW(Tensor::empty({std::int64_t{1} << 62}), Error);
  const float x = 0;
  EXPECT_THROW(Tensor::borrow(&x, {std::int64_t{1} << 62}, DType::f32, nullptr), Error);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  const Tensor tensor = counting({3});
  EXPECT_TRUE(tensor.unique());
  const Tensor shared = tensor;
  EXPECT_FALSE(tensor.unique());
  const Tensor own = tensor.clone();
  shared.mutable_floats()[0] = 9;
  EXPECT_EQ(tensor.floats()[0], 9);
  EXPECT_EQ(own.floats()[0], 0);
  EXPECT_TRUE(own.unique());
}

TEST(Tensor, ReshapesAndSlicesTheSameMemory) {
  const Tensor tensor = counting({4, 3});
  const Tensor flat = tensor.reshape({12});
  EXPECT_EQ(flat.floats(), tensor.floats());
  EXPECT_EQ(message_of([&] { tensor.reshape({5}); }), "reshape: [4, 3] has 12 elements, [5] has 5");
  const Tensor middle = tensor.slice(1, 3);
  EXPECT_EQ(middle.shape(), (Shape{2, 3}));
  EXPECT_EQ(values(middle), (std::vector<float>{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(values(middle.slice(1, 2)), (std::vector<float>{6, 7, 8}));
  EXPECT_EQ(tensor.slice(4, 4).elements(), 0);
  EXPECT_THROW(tensor.slice(-1, 2), Error);
  EXPECT_THROW(tensor.slice(3, 2), Error);
  EXPECT_THROW(tensor.slice(0, 5), Error);
  EXPECT_THROW(Tensor::zeros({}).slice(0, 1), Error);
}

TEST(Tensor, CapacityIsWhatFollowsInTheBlock) {
  const Tensor tensor = counting({4, 3});
  EXPECT_EQ(tensor.capacity(), 12);
  EXPECT_EQ(tensor.slice(0, 1).capacity(), 12);
  EXPECT_EQ(tensor.slice(1, 2).capacity(), 9);
}

TEST(Tensor, CopyFromChecksTypeAndCount) {
  const Tensor target = Tensor::zeros({2, 2});
  target.copy_from(counting({4}));
  EXPECT_EQ(values(target), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_THROW(target.copy_from(counting({3})), Error);
  EXPECT_THROW(target.copy_from(Tensor::zeros({4}, DType::i32)), Error);
}

TEST(Tensor, BorrowedMemoryIsReadOnlyAndKeepsItsOwner) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  const std::weak_ptr<std::vector<float>> watch = owner;
  Tensor tensor = Tensor::borrow(owner->data(), {2, 2}, DType::f32, owner);
  owner.reset();
  EXPECT_EQ(values(tensor.slice(1, 2)), (std::vector<float>{3, 4}));
  EXPECT_EQ(message_of([&] { tensor.mutable_floats(); }), "tensor: this memory is read-only");
  EXPECT_FALSE(tensor.unique());  // what may not be written is never one's own
  EXPECT_EQ(tensor.slice(0, 1).capacity(), 2);
  EXPECT_NO_THROW(tensor.clone().mutable_floats());
  tensor = Tensor();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, MemoryGoesWithTheLastHandle) {
  const std::int64_t before = memory::live_bytes();
  Tensor view;
  {
    const Tensor tensor = Tensor::empty({100});
    view = tensor.slice(10, 20);
  }
  EXPECT_EQ(memory::live_bytes(), before + 400);
  view = Tensor();
  EXPECT_EQ(memory::live_bytes(), before);
}

TEST(Tensor, ExpectShapeNamesEverything) {
  EXPECT_EQ(message_of([] { expect_shape("rms_norm", "weight", Tensor::zeros({256}), {512}); }),
            "rms_norm: weight must be [512], got [256]");
  EXPECT_EQ(message_of([] { expect_shape("linear", "bias", Tensor(), {4}); }), "linear: bias must be [4], got nothing");
  EXPECT_NO_THROW(expect_shape("linear", "bias", Tensor::zeros({4}), {4}));
}

TEST(Tensor, OfBlocksIsCutBetweenThem) {
  const Tensor rows = Tensor::zeros({4, 64}, DType::q8_0);
  EXPECT_EQ(rows.bytes(), 4 * 2 * 34);
  EXPECT_EQ(rows.slice(1, 3).bytes(), 2 * 2 * 34);
  EXPECT_EQ(rows.slice(1, 3).raw(), rows.raw() + 2 * 34);
  const Tensor vector = rows.reshape({256});
  EXPECT_EQ(vector.slice(32, 96).raw(), rows.raw() + 34);
  EXPECT_EQ(rows.clone().bytes(), rows.bytes());
  EXPECT_THROW(vector.slice(8, 40), Error);
  EXPECT_THROW(vector.slice(32, 40), Error);
  EXPECT_THROW(rows.reshape({16, 16}), Error);
  EXPECT_THROW(Tensor::zeros({4, 33}, DType::q8_0), Error);
  EXPECT_THROW(rows.floats(), Error);
}

}  // namespace
}  // namespace sequent
