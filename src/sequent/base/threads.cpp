#include "sequent/base/threads.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "sequent/base/error.h"

namespace sequent {
namespace {

// Everything the workers of one region share. Workers reach it through one atomic pointer and leave through one
// atomic counter, so that ThreadSanitizer, which cannot see inside the OpenMP runtime, sees the ordering.
struct Region {
  FunctionRef<void(int)> body;
  std::mutex mutex;
  std::exception_ptr error = nullptr;

  void run(int worker) {
    try {
      body(worker);
    } catch (...) {
      std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  }
};

void run_region(int workers, FunctionRef<void(int)> body) {
  Region region{.body = body, .mutex = {}};
  std::atomic<Region*> entrance{&region};
  std::atomic<int> finished{0};
#pragma omp parallel num_threads(workers) default(none) shared(entrance, finished)
  {
    entrance.load(std::memory_order_acquire)->run(omp_get_thread_num());
    finished.fetch_add(1, std::memory_order_acq_rel);
  }
  finished.load(std::memory_order_acquire);
  if (region.error) std::rethrow_exception(region.error);
}

}  // namespace

int thread_count() {
  return omp_get_max_threads();
}

void set_thread_count(int count) {
  check(count >= 1 && count <= 1024, "threads: the number of threads must be from 1 to 1024, got {}", count);
  omp_set_num_threads(count);
}

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  FunctionRef<void(std::int64_t, std::int64_t)> body) {
  const std::int64_t size = end - begin;
  if (size <= 0) return;
  const std::int64_t pieces = std::min<std::int64_t>(thread_count(), size / std::max<std::int64_t>(grain, 1));
  if (pieces <= 1 || omp_in_parallel()) {
    body(begin, end);
    return;
  }
  run_region(static_cast<int>(pieces), [&](int worker) {
    const std::int64_t workers = omp_get_num_threads();
    const std::int64_t from = begin + size * worker / workers;
    const std::int64_t to = begin + size * (worker + 1) / workers;
    if (from < to) body(from, to);
  });
}

void parallel_tasks(std::int64_t count, FunctionRef<void(std::int64_t)> task) {
  const std::int64_t workers = std::min<std::int64_t>(thread_count(), count);
  if (workers <= 1 || omp_in_parallel()) {
    for (std::int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  run_region(static_cast<int>(workers), [&](int) {
    for (std::int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) task(i);
  });
}

}  // namespace sequent
