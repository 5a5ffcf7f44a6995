#include "sequent/base/threads.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "sequent/base/error.h"

namespace sequent {
namespace {

// Everything the workers of one region share. ThreadSanitizer cannot see inside the OpenMP runtime, so the ordering it
// provides is repeated here in atomics: workers come in through one and leave through another.
class Region {
 public:
  explicit Region(FunctionRef<void(int)> body) : body_(body) { open_.store(true, std::memory_order_release); }

  // Out of line, because launch() itself is not instrumented.
  [[gnu::noinline]] void run(int worker) {
    open_.load(std::memory_order_acquire);
    try {
      body_(worker);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
    finished_.fetch_add(1, std::memory_order_acq_rel);
  }

  void rethrow() {
    finished_.load(std::memory_order_acquire);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  FunctionRef<void(int)> body_;
  std::mutex mutex_;
  std::exception_ptr error_ = nullptr;
  std::atomic<bool> open_{false};
  std::atomic<int> finished_{0};
};

// OpenMP hands `region` to the workers on this function's stack, which looks like a race to ThreadSanitizer; that
// hand-over is all that happens here.
[[gnu::no_sanitize_thread]] void launch(int workers, Region* region) {
#pragma omp parallel num_threads(workers) default(none) firstprivate(region)
  region->run(omp_get_thread_num());
}

void run_region(int workers, FunctionRef<void(int)> body) {
  Region region(body);
  launch(workers, &region);
  region.rethrow();
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
