#include "sequent/base/function_ref.h"

#include <gtest/gtest.h>

#include <memory>

namespace sequent {
namespace {

int apply(FunctionRef<int(int)> f, int x) {
  return f(x);
}

TEST(FunctionRef, CallsTheCallableItselfNotACopy) {
  int calls = 0;
  auto count = [&calls, own = 0](int x) mutable {
    ++calls;
    return x + ++own;
  };
  EXPECT_EQ(apply(count, 10), 11);
  EXPECT_EQ(apply(count, 10), 12);
  EXPECT_EQ(calls, 2);
}

TEST(FunctionRef, AcceptsTemporariesAndConstCallables) {
  EXPECT_EQ(apply([](int x) { return 2 * x; }, 21), 42);
  const auto triple = [](int x) { return 3 * x; };
  EXPECT_EQ(apply(triple, 2), 6);
}

TEST(FunctionRef, PassesReferencesAndMoveOnlyArguments) {
  int value = 1;
  const auto set = [](int& target) { target = 5; };
  FunctionRef<void(int&)>{set}(value);
  EXPECT_EQ(value, 5);
  const auto take = [](std::unique_ptr<int> p) { return *p; };
  EXPECT_EQ(FunctionRef<int(std::unique_ptr<int>)>{take}(std::make_unique<int>(7)), 7);
}

TEST(FunctionRef, CopiesReferToTheSameCallable) {
  int calls = 0;
  const auto count = [&calls] { ++calls; };
  const FunctionRef<void()> first(count);
  const FunctionRef<void()> second(first);
  first();
  second();
  EXPECT_EQ(calls, 2);
  EXPECT_LE(sizeof(first), 2 * sizeof(void*));
}

}  // namespace
}  // namespace sequent
