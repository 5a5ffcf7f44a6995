#include "sequent/kernels/elementwise.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/elementwise.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kLengths[] = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100};

TEST(Elementwise, AddMatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : kLengths) {
      const auto a = test::to_float(test::random_values(count, "a"));
      const auto b = test::to_float(test::random_values(count, "b"));
      std::vector<float> expected(a.size()), actual(a.size());
      kernels::reference::add<float>({.a = a.data(), .b = b.data(), .y = expected.data(), .count = count});
      kernels::add(kernels::Cpu{}, {.a = a.data(), .b = b.data(), .y = actual.data(), .count = count});
      EXPECT_EQ(actual, expected) << count;
      std::vector<float> in_place = a;
      kernels::add(kernels::Cpu{}, {.a = in_place.data(), .b = b.data(), .y = in_place.data(), .count = count});
      EXPECT_EQ(in_place, expected) << count;
    }
  });
}

TEST(Elementwise, ScaleMatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : kLengths) {
      const auto x = test::to_float(test::random_values(count, "x"));
      std::vector<float> expected(x.size()), actual(x.size());
      kernels::reference::scale<float>({.x = x.data(), .y = expected.data(), .factor = 0.3f, .count = count});
      kernels::scale(kernels::Cpu{}, {.x = x.data(), .y = actual.data(), .factor = 0.3f, .count = count});
      EXPECT_EQ(actual, expected) << count;
    }
  });
}

TEST(Elementwise, AddScaledMatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : kLengths) {
      const auto x = test::random_values(count, "x");
      auto expected = test::random_values(count, "y");
      const auto x_float = test::to_float(x);
      auto actual = test::to_float(expected);
      kernels::reference::add_scaled<double>({.x = x.data(), .y = expected.data(), .factor = 0.25, .count = count});
      kernels::add_scaled(kernels::Cpu{}, {.x = x_float.data(), .y = actual.data(), .factor = 0.25f, .count = count});
      test::expect_close(actual, expected, 1e-7, "y");
    }
  });
}

TEST(Elementwise, MovingAverageMatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : kLengths) {
      const auto x = test::random_values(count, "x");
      auto expected = test::random_values(count, "y");
      const auto x_float = test::to_float(x);
      auto actual = test::to_float(expected);
      kernels::reference::moving_average<double>(
          {.x = x.data(), .y = expected.data(), .momentum = 0.875, .count = count});
      kernels::moving_average(kernels::Cpu{},
                              {.x = x_float.data(), .y = actual.data(), .momentum = 0.875f, .count = count});
      test::expect_close(actual, expected, 2e-7, "y");
    }
  });
}

TEST(Elementwise, CopyRowsMatchesReferenceAndLeavesTheRestAlone) {
  for (const std::int64_t columns : {0, 1, 5, 16, 40}) {
    for (const std::int64_t rows : {0, 1, 3, 3000}) {
      for (const std::int64_t x_stride : {std::int64_t{0}, columns, columns + 3}) {
        const auto x = test::to_float(test::random_values(rows * x_stride + columns, "x"));
        std::vector<float> expected = test::to_float(test::random_values(rows * (columns + 2), "y"));
        std::vector<float> actual = expected;
        kernels::CopyRows<float> args{.x = x.data(),
                                      .y = expected.data(),
                                      .x_stride = x_stride,
                                      .y_stride = columns + 2,
                                      .rows = rows,
                                      .columns = columns};
        kernels::reference::copy_rows(args);
        args.y = actual.data();
        kernels::copy_rows(kernels::Cpu{}, args);
        EXPECT_EQ(actual, expected) << rows << " x " << columns << " from rows " << x_stride << " apart";
      }
    }
  }
}

TEST(Elementwise, ColumnSumsMatchReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t columns : kLengths) {
      for (const std::int64_t rows : {0, 1, 63, 64, 65, 300}) {
        const auto x = test::random_values(rows * columns, "x");
        auto expected = test::random_values(columns, "y");
        const auto x_float = test::to_float(x);
        auto actual = test::to_float(expected);
        kernels::reference::add_column_sums<double>(
            {.x = x.data(), .y = expected.data(), .rows = rows, .columns = columns});
        kernels::add_column_sums(kernels::Cpu{},
                                 {.x = x_float.data(), .y = actual.data(), .rows = rows, .columns = columns});
        test::expect_close(actual, expected, 1e-6, "y", 1.0);
      }
    }
  });
}

TEST(Elementwise, NothingDependsOnThreads) {
  const std::int64_t rows = 1000, columns = 100;
  const auto x = test::to_float(test::random_values(rows * columns, "x"));
  const auto results = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    std::vector<float> all(x.size() + columns);
    kernels::scale(kernels::Cpu{}, {.x = x.data(), .y = all.data(), .factor = 0.3f, .count = rows * columns});
    kernels::add(kernels::Cpu{}, {.a = all.data(), .b = x.data(), .y = all.data(), .count = rows * columns});
    kernels::add_scaled(kernels::Cpu{}, {.x = x.data(), .y = all.data(), .factor = 0.7f, .count = rows * columns});
    kernels::moving_average(kernels::Cpu{},
                            {.x = x.data(), .y = all.data(), .momentum = 0.9f, .count = rows * columns});
    kernels::add_column_sums(kernels::Cpu{},
                             {.x = all.data(), .y = all.data() + rows * columns, .rows = rows, .columns = columns});
    set_thread_count(threads);
    return all;
  };
  EXPECT_EQ(results(1), results(2));
  EXPECT_EQ(results(1), results(3));
}

}  // namespace
}  // namespace sequent
